/** A child process of the bench: the upstream, or a relay under test. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { processTree, residentBytes, type ThreadCpu, threadCpu } from './proc.ts';
import type { FromParty, HeapReport, Pace, ProbeQuestion, ToParty } from './protocol.ts';

const probe = new URL('../parties/probe.ts', import.meta.url);
const stopMs = 5000;

/** Node options of every relay under test, which preload the probe. */
export const probeArguments: readonly string[] = ['--expose-gc', '--import', probe.href];

export interface Memory {
  /** Resident memory after a full collection, in bytes: Pss of the process and its children. */
  readonly resident: number;
  /** Live memory after the collection: the JavaScript heaps and external memory of all threads, in bytes. */
  readonly live: number;
}

export class Party implements AsyncDisposable {
  readonly #child: ChildProcess;
  #nextId = 1;

  #isStopping = false;

  constructor(child: ChildProcess) {
    this.#child = child;
    child.once('exit', (code, signal) => {
      if (!this.#isStopping) console.error(`${child.spawnargs.join(' ')} ended with ${signal ?? code}`);
    });
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** Resolves with the next wanted message; rejects if the process ends first. */
  message<T extends FromParty>(wanted: (message: FromParty) => message is T): Promise<T> {
    return new Promise((resolve, reject) => {
      const onExit = (code: number | null): void =>
        reject(new Error(`process ${this.pid} ended with ${code}`));
      const onMessage = (message: FromParty): void => {
        if (!wanted(message)) return;
        this.#child.off('message', onMessage as (message: unknown) => void);
        this.#child.off('exit', onExit);
        resolve(message);
      };
      this.#child.on('message', onMessage as (message: unknown) => void);
      this.#child.once('exit', onExit);
    });
  }

  send(message: ToParty): void {
    this.#child.send(message);
  }

  cpu(): ThreadCpu[] {
    return threadCpu(processTree(this.pid));
  }

  /** Measures memory after collecting the garbage of all threads. Don't call it while CPU is measured. */
  async memory(): Promise<Memory> {
    const { threads } = await this.#ask({ ask: 'heap' });
    const live = threads.reduce((sum, thread) => sum + thread.bytes, 0);
    return { live, resident: residentBytes(processTree(this.pid)) };
  }

  async startProfile(): Promise<void> {
    await this.#ask({ ask: 'profile-start' });
  }

  /** Writes a `.cpuprofile` per thread, its name beginning with `prefix`, an absolute path. */
  async stopProfile(prefix: string): Promise<void> {
    await this.#ask({ ask: 'profile-stop', prefix });
  }

  async #ask(question: ProbeQuestion): Promise<HeapReport> {
    const id = this.#nextId++;
    const answered = this.message(
      (message): message is Extract<FromParty, { from: 'probe' }> =>
        message.from === 'probe' && message.id === id,
    );
    this.send({ to: 'probe', id, question });
    return (await answered).report;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isStopping = true;
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const ended = once(this.#child, 'exit');
    this.#child.kill('SIGTERM');
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), stopMs);
    await ended;
    clearTimeout(timer);
  }
}

/** Starts a script of `parties/` under this Node; resolves with its port once it listens. */
export async function startParty(
  script: string,
  args: readonly string[] = [],
  execArguments: readonly string[] = [],
): Promise<{ readonly party: Party; readonly port: number }> {
  const path = fileURLToPath(new URL(`../parties/${script}`, import.meta.url));
  const party = new Party(
    spawn(process.execPath, [...execArguments, path, ...args], {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    }),
  );
  const { port } = await party.message(
    (message): message is Extract<FromParty, { from: 'party' }> => message.from === 'party',
  );
  return { party, port };
}

export interface Upstream extends AsyncDisposable {
  /** Address without a path. */
  readonly url: string;
  /** Sets the pace; resolves once the next request will be answered at it. */
  setPace(pace: Pace): Promise<void>;
}

export async function startUpstream(): Promise<Upstream> {
  const { party, port } = await startParty('upstream.ts');
  return {
    url: `http://127.0.0.1:${port}`,
    async setPace(pace) {
      const paced = party.message(
        (message): message is Extract<FromParty, { from: 'upstream' }> => message.from === 'upstream',
      );
      party.send({ to: 'upstream', pace });
      await paced;
    },
    [Symbol.asyncDispose]: () => party[Symbol.asyncDispose](),
  };
}
