/** The servers under test: child processes on one store that are killed, frozen and started again. */
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { type ChildServer, launchServer, spawnServer } from 'colloquy-testkit/server-process';
import { settlesWithin } from './deadline.ts';

/** Time limit for a stop, far longer than a stop takes on a busy machine. */
const longestStopMs = 60_000;

export interface HostOptions {
  readonly environment: Readonly<Record<string, string>>;
  readonly replicas: number;
  /** A server that takes longer to stop is killed, and that is reported as a complaint. */
  readonly stopMs?: number;
}

export class Host implements AsyncDisposable {
  readonly #options: HostOptions;
  readonly #servers: (ChildServer | undefined)[];
  readonly #waiting = new Set<() => void>();
  /** Lines of the servers' logs that report unexpected problems. */
  readonly complaints: string[] = [];
  /** Number of current troubles (a full disk, a frozen server), during which refusals are expected. */
  troubles = 0;

  constructor(options: HostOptions) {
    this.#options = options;
    this.#servers = Array.from({ length: options.replicas }, () => undefined);
  }

  get replicas(): number {
    return this.#servers.length;
  }

  /** Resolves with the address of a running server as soon as there is one. */
  async url(): Promise<string> {
    for (;;) {
      const up = this.#servers.filter((server) => server !== undefined);
      if (up.length > 0) return (up[Math.floor(Math.random() * up.length)] as ChildServer).url;
      await new Promise<void>((resolve) => this.#waiting.add(resolve));
    }
  }

  async start(replica: number): Promise<void> {
    const server = await spawnServer({ ...this.#options.environment });
    this.#servers[replica] = server;
    for (const resolve of this.#waiting) resolve();
    this.#waiting.clear();
    void server.exited.then((end) => {
      this.#note(server.output());
      if (end !== 'SIGKILL' && end !== 0)
        this.complaints.push(`a server ended with ${end}: ${server.output()}`);
    });
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
      if (/unhandled|uncaught|"level":[56]0/i.test(line)) this.complaints.push(line.slice(0, 2000));
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#servers.map((_, replica) => this.kill(replica)));
  }
}
