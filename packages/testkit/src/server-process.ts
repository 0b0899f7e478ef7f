/** Starts the server as users do, in a process of its own that can be signalled and killed. */
import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { shareBundles } from './shared-bundles.ts';

const repository = fileURLToPath(new URL('../../..', import.meta.url));
const probe = new URL('memory-probe.ts', import.meta.url).href;

export interface LaunchOptions extends Pick<SpawnOptions, 'cwd' | 'stdio' | 'uid' | 'gid'> {
  /** Options of Node.js itself. */
  readonly execArguments?: readonly string[];
  /** Root of the checkout whose server is started. Default: this one. */
  readonly checkout?: string | undefined;
}

/** Runs `colloquy start` with only this environment, PATH and Node's cache of compiled modules. */
export function launchServer(
  environment: Readonly<Record<string, string>>,
  { execArguments = [], checkout = repository, ...options }: LaunchOptions = {},
): ChildProcess {
  const launcher = join(checkout, 'packages/server/bin/colloquy.js');
  const { PATH = '', NODE_COMPILE_CACHE } = process.env;
  return spawn(process.execPath, [...execArguments, launcher, 'start'], {
    ...options,
    env: { PATH, ...(NODE_COMPILE_CACHE !== undefined && { NODE_COMPILE_CACHE }), ...environment },
  });
}

export interface ChildServer extends AsyncDisposable {
  readonly url: string;
  readonly pid: number;
  /** The output so far, standard output and standard error. */
  output(): string;
  /** Resolves once the output holds this. */
  says(pattern: RegExp): Promise<void>;
  signal(name: NodeJS.Signals): void;
  /** Bytes that its main thread holds after a full collection; only of a server with `memoryProbe`. */
  liveBytes(): Promise<number>;
  /** Resolves with its exit code, or the signal that ended it. */
  readonly exited: Promise<number | NodeJS.Signals>;
}

export interface SpawnedServerOptions extends Pick<LaunchOptions, 'cwd' | 'checkout'> {
  /** Whether `liveBytes` can be asked for. */
  readonly memoryProbe?: boolean;
}

/** Starts a server; resolves once it listens. */
export async function spawnServer(
  environment: Record<string, string>,
  { memoryProbe = false, ...options }: SpawnedServerOptions = {},
): Promise<ChildServer> {
  if (environment.DATA_DIR !== undefined) await shareBundles(environment.DATA_DIR);
  const child = launchServer(environment, {
    ...options,
    stdio: ['ignore', 'pipe', 'pipe'],
    execArguments: memoryProbe ? ['--import', probe] : [],
  });
  let output = '';
  const probed: ((bytes: number) => void)[] = [];
  const heard = new EventEmitter();
  const { promise: listening, resolve, reject } = Promise.withResolvers<string>();
  const take = (chunk: Buffer): void => {
    output += chunk.toString();
    heard.emit('output');
    const found = /Colloquy listens on (http:\S+)/.exec(output);
    if (found?.[1] !== undefined) resolve(found[1]);
    const live = /live bytes: (\d+)\n/.exec(chunk.toString());
    if (live !== null) probed.shift()?.(Number(live[1]));
  };
  child.stdout?.on('data', take);
  child.stderr?.on('data', take);
  const exited = once(child, 'exit').then(([code, signal]) => (signal ?? code) as number | NodeJS.Signals);
  void exited.then((end) => reject(new Error(`the server ended with ${end}:\n${output}`)));
  const url = await listening;
  return {
    url,
    pid: child.pid ?? 0,
    output: () => output,
    async says(pattern) {
      while (!pattern.test(output)) await once(heard, 'output');
    },
    signal: (name) => void child.kill(name),
    liveBytes() {
      const { promise, resolve: resolveBytes } = Promise.withResolvers<number>();
      probed.push(resolveBytes);
      child.kill('SIGUSR2');
      return promise;
    },
    exited,
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL');
      await exited;
    },
  };
}
