/** The servers under test: child processes on one store that are killed, frozen and started again. */
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type ChildServer, launchServer, spawnServer } from 'colloquy-testkit/server-process';
import { type Balancer, startBalancer } from './balancer.ts';
import { settlesWithin } from './deadline.ts';

/** Time limit for a stop, far longer than a stop takes on a busy machine. */
const longestStopMs = 60_000;
/** Starts that a supervisor makes in a row. */
const mostStarts = 4;

export interface HostOptions {
  readonly environment: Readonly<Record<string, string>>;
  readonly replicas: number;
  /** A server that takes longer to stop is killed, and that is reported as a complaint. */
  readonly stopMs?: number;
  /** A directory that gets the servers' logs. */
  readonly logs?: string;
}

export class Host implements AsyncDisposable {
  readonly #options: HostOptions;
  readonly #servers: (ChildServer | undefined)[];
  readonly #waiting = new Set<() => void>();
  #balancer: Balancer | undefined;
  /** Lines of the servers' logs that report unexpected problems. */
  readonly complaints: string[] = [];
  /** What starts said that ended with the exit code 1, which asks for another one. */
  readonly repeatedStarts: string[] = [];
  lostLeases = 0;
  #count = 0;
  /** Number of current troubles (a full disk, a frozen server), during which refusals are expected. */
  troubles = 0;

  constructor(options: HostOptions) {
    this.#options = options;
    this.#servers = Array.from({ length: options.replicas }, () => undefined);
  }

  get replicas(): number {
    return this.#servers.length;
  }

  /** The addresses of the servers that run, or are frozen. */
  get addresses(): readonly string[] {
    return this.#servers.flatMap((server) => (server === undefined ? [] : [server.url]));
  }

  /** From now on clients come through a balancer. */
  async balance(): Promise<void> {
    this.#balancer = await startBalancer(() => this.addresses);
  }

  /** Resolves with an address for clients as soon as a server runs: the balancer's, or a server's own. */
  async url(): Promise<string> {
    for (;;) {
      const up = this.addresses;
      if (up.length > 0) return this.#balancer?.url ?? (up[Math.floor(Math.random() * up.length)] as string);
      await new Promise<void>((resolve) => this.#waiting.add(resolve));
    }
  }

  async start(replica: number): Promise<void> {
    const server = await this.#spawn();
    this.#servers[replica] = server;
    for (const resolve of this.#waiting) resolve();
    this.#waiting.clear();
    void server.exited.then((end) => {
      if (this.#servers[replica] === server) this.#servers[replica] = undefined;
      this.#note(server.output());
      this.#keep(`${replica}.log`, server.output());
      if (end !== 'SIGKILL' && end !== 0)
        this.complaints.push(`a server ended with ${end}: ${server.output()}`);
    });
  }

  /** Starts again what ends with the exit code 1, as supervisors do. */
  async #spawn(): Promise<ChildServer> {
    for (let tries = 1; ; tries += 1) {
      try {
        return await spawnServer({ ...this.#options.environment });
      } catch (error) {
        const { message } = error as Error;
        if (tries === mostStarts || !message.startsWith('the server ended with 1:')) throw error;
        this.repeatedStarts.push(message);
      }
    }
  }

  #keep(name: string, text: string): void {
    const { logs } = this.#options;
    this.#count += 1;
    if (logs === undefined) return;
    mkdirSync(logs, { recursive: true });
    writeFileSync(join(logs, `${String(this.#count).padStart(4, '0')}-${name}`), text);
  }

  /** Starts a server and kills it `ms` later, most likely before it listens. */
  async startAndKill(ms: number): Promise<void> {
    const child = launchServer(this.#options.environment, { stdio: 'ignore' });
    const exited = once(child, 'exit');
    await sleep(ms);
    child.kill('SIGKILL');
    await exited;
  }

  async end(replica: number, signal: NodeJS.Signals): Promise<void> {
    const server = this.#servers[replica];
    if (server === undefined) return;
    this.#servers[replica] = undefined;
    server.signal(signal);
    const { stopMs = longestStopMs } = this.#options;
    if (await settlesWithin(server.exited, stopMs)) return;
    this.complaints.push(`a server did not end within ${stopMs} ms of ${signal}`);
    server.signal('SIGKILL');
    await server.exited;
  }

  kill(replica: number): Promise<void> {
    return this.end(replica, 'SIGKILL');
  }

  signal(replica: number, signal: NodeJS.Signals): void {
    this.#servers[replica]?.signal(signal);
  }

  #note(output: string): void {
    for (const line of output.split('\n')) {
      if (/^\{.*lost its lease/.test(line)) this.lostLeases += 1;
      if (/unhandled|uncaught|"level":[56]0/i.test(line)) this.complaints.push(line.slice(0, 2000));
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#servers.map((_, replica) => this.kill(replica)));
    await this.#balancer?.[Symbol.asyncDispose]();
  }
}
