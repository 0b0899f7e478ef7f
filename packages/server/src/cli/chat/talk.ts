/** The conversation in the terminal: reads lines, streams answers, obeys Ctrl-C. */
import { createInterface, type Interface } from 'node:readline';
import { CommandFailure } from '../failure.ts';
import type { ChatApi } from './chat-api.ts';
import { writeAnswer, writeNotice } from './screen.ts';

export interface TalkOptions {
  readonly persona?: string | undefined;
  readonly model?: string | undefined;
}

const help = `/new      begins another conversation
/history  shows what was said in this one
/help     shows this
/quit     leaves, as Ctrl-D does
A line that ends with \\ goes on in the next one; """ begins and ends several lines.
Ctrl-C stops the answer; a second one leaves.`;

/** Sends one message and writes the answer. Resolves with whether it came to a good end. */
export async function answer(api: ChatApi, message: string, persona: string | undefined): Promise<boolean> {
  let isFresh = true;
  for await (const event of api.send(message, persona)) {
    if (event.type === 'token') {
      writeAnswer(event.content);
      isFresh = event.content.endsWith('\n');
    } else if (event.type === 'done' || event.type === 'error') {
      if (!isFresh) writeAnswer('\n');
      if (event.type === 'error') writeNotice(`The answer failed: ${event.message}`);
      else if (event.finish_reason !== 'stop') writeNotice(`(${event.finish_reason})`);
      return event.type === 'done';
    }
  }
  return false;
}

/** Talks until the person leaves. */
export async function talk(api: ChatApi, { persona, model }: TalkOptions): Promise<void> {
  const lines = createInterface({ input: process.stdin, output: process.stdout, prompt: '> ' });
  const reader = createMessageReader(lines);
  let isAnswering = false;
  let isStopping = false;
  lines.on('SIGINT', () => {
    if (isAnswering && !isStopping) {
      isStopping = true;
      api
        .cancel()
        .catch((error: unknown) => writeNotice(`The answer could not be stopped: ${String(error)}`));
    } else if (isAnswering) {
      process.exit(130);
    } else if (lines.line !== '') {
      lines.write(null, { ctrl: true, name: 'u' });
    } else lines.close();
  });
  writeNotice('/help shows what can be typed here.');
  for await (const message of reader) {
    const command = message.trim();
    if (command === '') continue;
    if (command === '/quit') break;
    try {
      if (command === '/help') writeNotice(help);
      else if (command === '/new') await api.begin(model);
      else if (command === '/history') await showHistory(api);
      else if (/^\/[a-z]+$/.test(command)) writeNotice(`There is no ${command}.\n${help}`);
      else {
        [isAnswering, isStopping] = [true, false];
        await answer(api, message, persona);
      }
    } catch (error) {
      if (!(error instanceof CommandFailure)) throw error;
      writeNotice(error.message);
    } finally {
      isAnswering = false;
    }
  }
  lines.close();
  if (api.conversationId !== undefined) {
    writeNotice(`To go on: colloquy chat --conversation ${api.conversationId}`);
  }
}

async function showHistory(api: ChatApi): Promise<void> {
  for (const { role, content } of await api.history()) {
    writeNotice(role === 'user' ? 'you' : 'answer');
    writeAnswer(`${content}\n`);
  }
}

/** The messages that are typed; a prompt is shown whenever the next is wanted. */
async function* createMessageReader(lines: Interface): AsyncGenerator<string> {
  let parts: string[] = [];
  let isQuoted = false;
  const ask = (): void => {
    lines.setPrompt(parts.length === 0 && !isQuoted ? '> ' : '. ');
    lines.prompt();
  };
  const iterator = lines[Symbol.asyncIterator]();
  for (;;) {
    ask();
    const { done, value: line = '' } = await iterator.next();
    if (done) return;
    if (line.trim() === '"""') {
      isQuoted = !isQuoted;
      if (isQuoted) continue;
    } else if (isQuoted) {
      parts.push(line);
      continue;
    } else if (line.endsWith('\\')) {
      parts.push(line.slice(0, -1));
      continue;
    } else parts.push(line);
    const message = parts.join('\n');
    parts = [];
    yield message;
  }
}
