/**
 * Preloaded (`--import`) into every process under test, and by Node into its worker threads: collects garbage when
 * asked and tells what memory is live, and records CPU profiles of all threads. Costs nothing until asked.
 */
import { writeFileSync } from 'node:fs';
import { Session } from 'node:inspector/promises';
import { BroadcastChannel, isMainThread, threadId } from 'node:worker_threads';
import type { HeapReport, ToParty } from '../harness/protocol.ts';

type Question = Extract<ToParty, { to: 'probe' }>;
type Answer = { readonly id: number; readonly threadId: number; readonly bytes: number };

/** Threads that have not answered by then are left out. */
const threadsAnswerMs = 400;

const channel = new BroadcastChannel('colloquy-bench-probe');
channel.unref();
let profiler: Session | undefined;

async function answer({ id, question }: Question): Promise<Answer> {
  if (question.ask === 'heap') {
    globalThis.gc?.();
    globalThis.gc?.();
  } else if (question.ask === 'profile-start') {
    profiler = new Session();
    profiler.connect();
    await profiler.post('Profiler.enable');
    await profiler.post('Profiler.setSamplingInterval', { interval: 500 });
    await profiler.post('Profiler.start');
  } else if (question.ask === 'profile-stop' && profiler !== undefined) {
    const { profile } = await profiler.post('Profiler.stop');
    writeFileSync(`${question.prefix}-thread-${threadId}.cpuprofile`, JSON.stringify(profile));
  }
  const { heapUsed, external } = process.memoryUsage();
  return { id, threadId, bytes: heapUsed + external };
}

if (isMainThread) {
  const answers = new Map<number, Answer[]>();
  channel.onmessage = (event) => {
    const one = (event as unknown as { data: Answer | Question }).data;
    if ('bytes' in one) answers.get(one.id)?.push(one);
  };
  process.on('message', (message: ToParty) => {
    if (message.to !== 'probe') return;
    answers.set(message.id, []);
    channel.postMessage(message);
    const threads = new Promise((resolve) => setTimeout(resolve, threadsAnswerMs));
    Promise.all([answer(message), threads]).then(([own]) => {
      const report: HeapReport = { threads: [own, ...(answers.get(message.id) ?? [])] };
      answers.delete(message.id);
      process.send?.({ from: 'probe', id: message.id, report });
    }, console.error);
  });
  process.channel?.unref();
} else {
  channel.onmessage = (event) => {
    const message = (event as unknown as { data: Answer | Question }).data;
    if (!('question' in message)) return;
    answer(message).then((own) => channel.postMessage(own), console.error);
  };
}
