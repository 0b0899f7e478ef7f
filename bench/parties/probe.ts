/**
 * The probe is preloaded (`--import`) into every process under test, and by Node into its worker threads. When asked,
 * it collects garbage and reports live memory, or records CPU profiles of all threads. Idle, it costs nothing.
 */
import { EventEmitter } from 'node:events';
import { writeFileSync } from 'node:fs';
import { Session } from 'node:inspector/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { BroadcastChannel, isMainThread, threadId } from 'node:worker_threads';
import type { HeapReport, ToParty } from '../harness/protocol.ts';

type Question = Extract<ToParty, { to: 'probe' }>;
type Hello = { readonly hello: number };
type Answer = { readonly id: number; readonly threadId: number; readonly bytes: number };

/** A thread that has not answered within this time counts as ended. */
const threadsAnswerMs = 5000;

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
  const threads = new Set<number>();
  const onAnswer = new EventEmitter();
  channel.onmessage = (event) => {
    const message = (event as unknown as { data: Answer | Hello }).data;
    if ('hello' in message) threads.add(message.hello);
    else onAnswer.emit(String(message.id), message);
  };
  process.on('message', (message: ToParty) => {
    if (message.to === 'probe') report(message, threads, onAnswer).catch(console.error);
  });
  process.channel?.unref();
} else {
  channel.onmessage = (event) => {
    const message = (event as unknown as { data: Answer | Hello | Question }).data;
    if ('question' in message) answer(message).then((own) => channel.postMessage(own), console.error);
  };
  channel.postMessage({ hello: threadId } satisfies Hello);
}

/** Asks all threads and sends their answers to the bench. */
async function report(question: Question, threads: Set<number>, onAnswer: EventEmitter): Promise<void> {
  const missing = new Set(threads);
  const answers: Answer[] = [];
  const complete = new Promise<void>((resolve) => {
    onAnswer.on(String(question.id), (one: Answer) => {
      answers.push(one);
      missing.delete(one.threadId);
      if (missing.size === 0) resolve();
    });
  });
  if (missing.size > 0) channel.postMessage(question);
  answers.push(await answer(question));
  if (missing.size > 0) await Promise.race([complete, sleep(threadsAnswerMs)]);
  for (const ended of missing) threads.delete(ended);
  onAnswer.removeAllListeners(String(question.id));
  const heap: HeapReport = { threads: answers };
  process.send?.({ from: 'probe', id: question.id, report: heap });
}
