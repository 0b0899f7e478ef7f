/**
 * The whole server for tests: in this process, or as a child process that can be killed; with a scripted upstream
 * as its model, an organization, a persona and keys, made through its own administration.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { pino } from 'pino';
import { catalog } from '../../server/src/catalog.ts';
import { parseConfig } from '../../server/src/config/config.ts';
import { type RunningServer, startServer } from '../../server/src/server.ts';
import type { StoreEngine } from '../../server/src/store/store.ts';
import { emptyPlace, type Place } from './place.ts';
import { type ScriptedUpstream, startScriptedUpstream } from './upstream/scripted-upstream.ts';

export const adminKey = 'sk_admin_0123456789abcdef0123456789abcdef';

/** The environment of a server in this place; the guide is its only model until one is added. */
export function serverEnvironment(place: Place, more: Record<string, string> = {}): Record<string, string> {
  return {
    HOST: '127.0.0.1',
    PORT: '0',
    DATA_DIR: place.dataDir,
    COLLOQUY_ADMIN_KEY: adminKey,
    COLLOQUY_SECRET: 'a secret of the tests, long enough',
    COLLOQUY_LOCAL_MODEL: 'off',
    LOG_LEVEL: 'warn',
    COLLOQUY_TITLES: 'off',
    LEASE_MS: '1000',
    SHUTDOWN_GRACE_MS: '1000',
    MODEL_MAX_RETRIES: '0',
    ...(place.databaseUrl === undefined ? {} : { DATABASE_URL: place.databaseUrl }),
    ...more,
  };
}

export interface Tenant {
  readonly organizationId: string;
  readonly modelId: string;
  readonly personaId: number;
  readonly prodKey: string;
  readonly testKey: string;
}

/** A call of the administration; throws where it is refused. */
export async function administer<T = Record<string, unknown>>(
  url: string,
  method: string,
  path: string,
  body?: unknown,
): Promise<T> {
  const response = await fetch(`${url}/api/admin${path}`, {
    method,
    headers: {
      authorization: `Bearer ${adminKey}`,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
  return (text === '' ? undefined : JSON.parse(text)) as T;
}

/** An organization with a scripted model, a submitted persona `helper`, and a key of each kind with it as default. */
export async function makeTenant(
  url: string,
  upstream: Pick<ScriptedUpstream, 'openAiUrl'>,
  name = 'acme',
): Promise<Tenant> {
  const { id: organizationId } = await administer<{ id: string }>(url, 'POST', '/organizations', { name });
  const base = `/organizations/${organizationId}`;
  const { id: modelId } = await administer<{ id: string }>(url, 'POST', `${base}/models`, {
    name: 'Scripted',
    provider: 'openai-compatible',
    model: 'scripted',
    base_url: upstream.openAiUrl,
    context_window: 8000,
    prices: { input: 1, output: 2 },
  });
  await administer(url, 'PATCH', base, { default_model_id: modelId });
  const { id: personaId } = await administer<{ id: number }>(url, 'POST', `${base}/personas`, {
    name: 'Helper',
    alias: 'helper',
  });
  await administer(url, 'PUT', `${base}/personas/${personaId}/next`, {
    system_prompt: 'Be helpful.',
    model_id: modelId,
  });
  await administer(url, 'POST', `${base}/personas/${personaId}/submit`);
  const key = async (type: string): Promise<string> =>
    (
      await administer<{ key: string }>(url, 'POST', `${base}/keys`, {
        name: type,
        type,
        default_persona_id: personaId,
      })
    ).key;
  return { organizationId, modelId, personaId, prodKey: await key('prod'), testKey: await key('test') };
}

export interface TestServer extends AsyncDisposable, Tenant {
  readonly url: string;
  readonly server: RunningServer;
  readonly upstream: ScriptedUpstream;
  readonly place: Place;
}

export interface TestServerOptions {
  readonly environment?: Record<string, string>;
  /** Whether the model names new conversations, by calls of its own. Default false. */
  readonly titles?: boolean;
}

/** A server in this process with one tenant, on an engine of one's choice. */
export async function startTestServer(
  engine: StoreEngine = 'sqlite',
  options: TestServerOptions = {},
): Promise<TestServer> {
  const place = await emptyPlace(engine);
  const upstream = await startScriptedUpstream();
  const { config, problems } = parseConfig(serverEnvironment(place, options.environment), catalog);
  if (config === undefined) throw new Error(JSON.stringify(problems));
  const server = await startServer(config, {
    log: pino({ level: 'silent' }),
    backoffMs: 5,
    titles: options.titles ?? false,
  });
  const tenant = await makeTenant(server.url, upstream);
  return {
    ...tenant,
    url: server.url,
    server,
    upstream,
    place,
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
      await upstream[Symbol.asyncDispose]();
      await rm(place.dataDir, { recursive: true, force: true });
    },
  };
}

export interface ChildServer extends AsyncDisposable {
  readonly url: string;
  readonly pid: number;
  /** What it wrote so far, both streams. */
  output(): string;
  signal(name: NodeJS.Signals): void;
  /** Resolves with its exit code, or the signal that ended it. */
  readonly exited: Promise<number | NodeJS.Signals>;
}

const launcher = fileURLToPath(new URL('../../server/bin/colloquy.js', import.meta.url));

/** The server as its users start it, in a process of its own; resolves once it listens. */
export async function spawnServer(environment: Record<string, string>): Promise<ChildServer> {
  const child = spawn(process.execPath, [launcher, 'start'], {
    env: { PATH: process.env.PATH ?? '', ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  const { promise: listening, resolve, reject } = Promise.withResolvers<string>();
  const take = (chunk: Buffer): void => {
    output += chunk.toString();
    const found = /Colloquy listens on (http:\S+)/.exec(output);
    if (found?.[1] !== undefined) resolve(found[1]);
  };
  child.stdout.on('data', take);
  child.stderr.on('data', take);
  const exited = once(child, 'exit').then(([code, signal]) => (signal ?? code) as number | NodeJS.Signals);
  void exited.then((end) => reject(new Error(`the server ended with ${end}:\n${output}`)));
  const url = await listening;
  return {
    url,
    pid: child.pid ?? 0,
    output: () => output,
    signal: (name) => void child.kill(name),
    exited,
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL');
      await exited;
    },
  };
}
