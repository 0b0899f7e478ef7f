/**
 * A worker that is a process, for what strangers send: whatever happens to it, the program stays. Its heap, its data
 * segment and its resident memory are bounded. It gets no environment and no descriptors but its three pipes, may not
 * write files, start programs or load native code, and gives way to the program on the processor.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setPriority } from 'node:os';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { serialize } from 'node:v8';
import { FrameReader, frameOf } from './frames.ts';
import { beyondResidentMemory } from './watchdog-data.ts';
import type { Answer, Ready } from './worker-calls.ts';
import type { LossCause, StartWorker, WorkerLink, WorkerListener } from './worker-link.ts';

export interface WorkerProcessOptions {
  /** A `*.worker.ts` that calls `answerCalls`. */
  readonly entry: URL;
  /** Bound on V8's heap. */
  readonly maxHeapMegabytes: number;
  /** Bound on resident memory, which buffers outside the heap count to; looked at every 20 ms. */
  readonly maxResidentMegabytes: number;
  /** Bound on the bytes of an answer. */
  readonly maxAnswerBytes: number;
}

/** Below the program and above what only runs on an idle machine. */
const niceness = 10;

/**
 * Node 24 maps 580 MB of writable memory before it runs a line (of which it uses 40), so the bound on the data segment
 * is that much above the bound on resident memory, and as much again for what the next version maps.
 */
const mappedMegabytes = 1_160;

/** No core dumps, no growing of files, few descriptors, and the bound on the data segment, where the system has each. */
const limits = 'ulimit -c 0; ulimit -f 0; ulimit -n 64; ulimit -d "$0"; exec "$@"';

const keptErrorCharacters = 4_000;

export function processes(options: WorkerProcessOptions): StartWorker {
  // Where the shell or the bound is what keeps workers from starting, the later ones start without.
  let isLimited = process.platform !== 'win32';
  return (listener) => {
    const wasLimited = isLimited;
    let isReady = false;
    return link(startProcess(options, wasLimited), options, {
      ...listener,
      onReady() {
        isReady = true;
        listener.onReady();
      },
      onGone(reason, cause) {
        if (!isReady && wasLimited) isLimited = false;
        listener.onGone(reason, cause);
      },
    });
  };
}

function startProcess(options: WorkerProcessOptions, isLimited: boolean): ChildProcess {
  const { entry, maxHeapMegabytes, maxResidentMegabytes } = options;
  const node = [
    process.execPath,
    `--max-old-space-size=${maxHeapMegabytes}`,
    '--max-semi-space-size=8',
    '--disallow-code-generation-from-strings',
    '--permission',
    '--allow-fs-read=*',
    // For the watchdog.
    '--allow-worker',
    '--no-warnings',
    fileURLToPath(entry),
    String(maxResidentMegabytes),
  ] as const;
  const kilobytes = (maxResidentMegabytes + mappedMegabytes) * 1024;
  const [command, ...args] = isLimited ? ['/bin/sh', '-c', limits, String(kilobytes), ...node] : node;
  return spawn(command, args, { env: {}, stdio: 'pipe', windowsHide: true });
}

function link(child: ChildProcess, options: WorkerProcessOptions, listener: WorkerListener): WorkerLink {
  const { stdin, stdout, stderr } = child;
  if (stdin === null || stdout === null || stderr === null) throw new Error('the pipes are missing');
  const frames = new FrameReader(options.maxAnswerBytes);
  let errors = '';
  // A process that could not be spawned never exits.
  const ended = child.pid === undefined ? Promise.resolve() : once(child, 'exit');
  const end = async (): Promise<void> => {
    child.kill('SIGKILL');
    await ended;
  };
  child.on('error', (error) => listener.onGone(error.message, 'start'));
  // `close` comes after `exit`, once all that the process has printed is read.
  child.on('close', (code, signal) => {
    const { reason, cause } = lossOf(errors, signal ?? code, options);
    listener.onGone(reason, cause);
  });
  stdin.on('error', () => {});
  stderr.setEncoding('utf8').on('data', (text: string) => {
    errors = `${errors}${text}`.slice(-keptErrorCharacters);
  });
  stdout.on('data', (chunk: Buffer) => {
    try {
      for (const body of frames.push(chunk)) take(JSON.parse(body.toString()) as Answer | Ready);
    } catch (error) {
      listener.onGone(`its answer can't be read: ${error instanceof Error ? error.message : error}`, 'exit');
      void end();
    }
  });
  function take(message: Answer | Ready): void {
    if ('isReady' in message) listener.onReady();
    else listener.onAnswer(message);
  }
  if (child.pid !== undefined) lowerPriority(child.pid);
  return {
    send(call) {
      for (const part of frameOf(serialize(call))) stdin.write(part);
    },
    hold(isHeld) {
      for (const part of [child, stdin, stdout, stderr]) {
        // The streams of a child process are sockets, which their types don't say.
        const { ref, unref } = part as ChildProcess;
        (isHeld ? ref : unref).call(part);
      }
    },
    end,
  };
}

function lowerPriority(pid: number): void {
  try {
    setPriority(pid, niceness);
  } catch {
    // It has ended already, or the system does not permit it; the worker then runs as it is.
  }
}

function lossOf(
  errors: string,
  end: number | string | null,
  { maxHeapMegabytes, maxResidentMegabytes }: WorkerProcessOptions,
): { readonly reason: string; readonly cause: LossCause } {
  if (/heap out of memory|reached heap limit/i.test(errors)) {
    return { reason: `it needed more than ${maxHeapMegabytes} MB of heap`, cause: 'heap' };
  }
  if (errors.includes(beyondResidentMemory) || /out of memory|allocation failed/i.test(errors)) {
    return { reason: `it needed more than ${maxResidentMegabytes} MB of memory`, cause: 'memory' };
  }
  const said =
    errors
      .trim()
      .split('\n')
      .find((line) => /error/i.test(line)) ?? '';
  return {
    reason: `the worker ended with ${end}${said === '' ? '' : `: ${said.trim().slice(0, 300)}`}`,
    cause: 'exit',
  };
}
