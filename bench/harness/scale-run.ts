/** One run of several servers under an even load, with the figures of PostgreSQL and Redis beside theirs. */
import { request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { emptyPlace } from 'colloquy-testkit/place';
import { findRedisProgram, startRedis } from 'colloquy-testkit/redis-process';
import { serverEnvironment } from 'colloquy-testkit/server-environment';
import { type ChildServer, spawnServer } from 'colloquy-testkit/server-process';
import { makeTenant } from 'colloquy-testkit/tenants';
import { Client } from 'pg';
import { untilPagesAreMade } from './colloquy.ts';
import { ClientStream, type Target } from './load.ts';
import { startUpstream } from './party.ts';
import { createBenchDatabase } from './postgres.ts';
import { processTree, totalCpuMs } from './proc.ts';

export interface ScaleLoad {
  readonly servers: number;
  /** Answers of each server. */
  readonly streams: number;
  /** Tokens a second of each answer. */
  readonly rate: number;
  /** Whether each answer has a second reader, on another server. */
  readonly isReadElsewhere: boolean;
  readonly windowMs: number;
}

/** A token counts once, however many read it. */
export interface ScaleRun {
  readonly tokensPerSecond: number;
  /** CPU of all servers. */
  readonly serverUsPerToken: number;
  readonly backendUsPerToken: number;
  readonly commitsPerSecond: number;
  readonly walPerToken: number;
  readonly redisUsPerToken: number;
  readonly redisCommandsPerSecond: number;
  readonly redisBytesPerToken: number;
}

const rampMs = 3000;
const tailMs = 2000;

export async function runScale(load: ScaleLoad): Promise<ScaleRun> {
  const found = findRedisProgram();
  if ('skip' in found) throw new Error(found.skip);
  await using cleanup = new AsyncDisposableStack();
  const database = await createBenchDatabase();
  if (database === undefined) throw new Error('PostgreSQL is needed');
  cleanup.use(database);
  const redis = cleanup.use(await startRedis(found.program));
  const upstream = cleanup.use(await startUpstream());
  const { dataDir } = await emptyPlace('sqlite');
  const environment = serverEnvironment(
    { dataDir, databaseUrl: database.url },
    { LEASE_MS: '10000', REDIS_URL: redis.url },
  );
  const servers: ChildServer[] = [];
  while (servers.length < load.servers) {
    const server = cleanup.use(await spawnServer(environment));
    await untilPagesAreMade(server.url);
    servers.push(server);
  }
  const { prodKey } = await makeTenant((servers[0] as ChildServer).url, {
    openAiUrl: `${upstream.url}/v1`,
  });
  const targets = servers.map(({ url }): Target => {
    const { hostname, port } = new URL(url);
    return { host: hostname, port: Number(port), headers: { 'x-api-key': prodKey } };
  });
  const observer = new Client({ connectionString: database.url });
  await observer.connect();
  cleanup.defer(() => observer.end());

  const tokens = Math.ceil(((rampMs + load.windowMs + tailMs) / 1000) * load.rate);
  const pace = { tokensPerSecond: load.rate, tokens, firstTokenMs: 0, spreadOver: load.streams };
  await upstream.setPace(pace);
  const clients = Array.from(
    { length: load.streams * load.servers },
    (_, number) => new ClientStream(targets[number % targets.length] as Target, number),
  );
  const elsewhere = load.isReadElsewhere
    ? clients.map((client, number) => readOn(targets[(number + 1) % targets.length] as Target, client))
    : [];
  await sleep(rampMs);
  const reading = async () => ({
    atMs: performance.now(),
    tokens: clients.reduce((sum, client) => sum + client.tokenFrames, 0),
    serverMs: totalCpuMs(servers.flatMap(({ pid }) => processTree(pid))),
    backendMs: totalCpuMs(await database.backendPids()),
    ...(await readPostgres(observer)),
    ...(await readRedis(redis.port)),
  });
  const before = await reading();
  await sleep(load.windowMs);
  const after = await reading();
  await Promise.all([...clients.map((client) => client.done), ...elsewhere]);
  for (const client of clients) client.check(tokens, true);

  const seconds = (after.atMs - before.atMs) / 1000;
  const relayed = after.tokens - before.tokens;
  const gained = (name: keyof typeof before): number => after[name] - before[name];
  return {
    tokensPerSecond: relayed / seconds,
    serverUsPerToken: (gained('serverMs') * 1000) / relayed,
    backendUsPerToken: (gained('backendMs') * 1000) / relayed,
    commitsPerSecond: gained('commits') / seconds,
    walPerToken: gained('wal') / relayed,
    redisUsPerToken: (gained('redisSeconds') * 1e6) / relayed,
    redisCommandsPerSecond: gained('redisCommands') / seconds,
    redisBytesPerToken: gained('redisBytes') / relayed,
  };
}

/** Reads an answer on this server; resolves at its end. @throws where it is not the one that its asker got */
async function readOn(target: Target, client: ClientStream): Promise<void> {
  const path = await client.location;
  const { host, port, headers } = target;
  const body = await new Promise<string>((resolve, reject) => {
    httpRequest({ host, port, path, agent: false, headers: { ...headers } }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => resolve(Buffer.concat(chunks).toString('utf8')));
      response.on('error', reject);
    })
      .on('error', reject)
      .end();
  });
  await client.done;
  const frames = body.split(/(?<=\n\n)/).filter((frame) => !frame.startsWith(':'));
  if (frames.join('') !== client.frames().join('')) throw new Error('a reader elsewhere got another stream');
}

async function readPostgres(client: Client): Promise<{ readonly commits: number; readonly wal: number }> {
  const { rows } = await client.query<{ commits: string; wal: string }>(
    `select xact_commit as commits, pg_current_wal_lsn() - '0/0'::pg_lsn as wal
     from pg_stat_database where datname = current_database()`,
  );
  return { commits: Number(rows[0]?.commits), wal: Number(rows[0]?.wal) };
}

async function readRedis(port: number) {
  const text = await new Promise<string>((resolve, reject) => {
    let got = '';
    const socket = connect({ host: '127.0.0.1', port }, () => socket.write('INFO\r\nQUIT\r\n'));
    socket.on('data', (chunk: Buffer) => {
      got += chunk.toString('utf8');
    });
    socket.on('error', reject);
    socket.on('end', () => resolve(got));
  });
  const field = (name: string): number => Number(new RegExp(`^${name}:([\\d.]+)`, 'm').exec(text)?.[1]);
  return {
    redisSeconds: field('used_cpu_user') + field('used_cpu_sys'),
    redisCommands: field('total_commands_processed'),
    redisBytes: field('total_net_output_bytes'),
  };
}
