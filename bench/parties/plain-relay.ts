/**
 * A relay that does as little as a relay can, with `node:http`, undici's `request` and eventsource-parser. Each delta goes
 * out as a frame of the chat dialect, with an id.
 */
import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createParser } from 'eventsource-parser';
import { Agent, request } from 'undici';

/** What is committed before the relay goes on. */
export interface Commits {
  /** Resolves once the turn is on the disk; only then is the model asked. */
  turn(id: string, message: string): Promise<void>;
  /** Resolves once the answer's first frame is on the disk; only then is it sent. */
  firstFrame(id: string, frame: string): Promise<void>;
}

const upstream = process.argv[2] ?? '';
const dispatcher = new Agent({ headersTimeout: 0, bodyTimeout: 0 });

/** Tells the bench the port once it listens. Without `commits` nothing is stored. */
export function serveRelay(commits?: Commits): void {
  const server = createServer((incoming, response) => {
    relay(incoming, response, commits).catch((error: unknown) =>
      response.destroy(error instanceof Error ? error : undefined),
    );
  });
  server.listen({ host: '127.0.0.1', port: 0, backlog: 2048 }, () => {
    process.send?.({ from: 'party', port: (server.address() as AddressInfo).port });
  });
  process.on('disconnect', () => process.exit());
}

async function relay(
  incoming: IncomingMessage,
  response: ServerResponse,
  commits: Commits | undefined,
): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  const { message } = JSON.parse(Buffer.concat(chunks).toString('utf8')) as { message: string };
  response.writeHead(200, {
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-cache, no-transform',
  });
  const id = randomUUID();
  let seq = 1;
  if (commits !== undefined) await commits.turn(id, message);
  response.write(frame(id, seq++, { type: 'session_created', session_id: randomUUID() }));
  const answer = await request(`${upstream}/v1/chat/completions`, {
    dispatcher,
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      model: 'bench',
      stream: true,
      stream_options: { include_usage: true },
      messages: [
        { role: 'system', content: 'You answer.' },
        { role: 'user', content: message },
      ],
    }),
  });
  let usage: unknown;
  let finishReason = 'stop';
  /** Frames behind a first one that is being committed. */
  let waiting: string[] | undefined;
  let committed: Promise<void> | undefined;
  const send = (text: string): void => {
    if (waiting !== undefined) waiting.push(text);
    else if (commits === undefined || committed !== undefined) response.write(text);
    else {
      waiting = [text];
      committed = commits.firstFrame(id, text).then(() => {
        response.write(waiting?.join('') ?? '');
        waiting = undefined;
      });
    }
  };
  const parser = createParser({
    onEvent: ({ data }) => {
      if (data === '[DONE]') return;
      const chunk = JSON.parse(data) as Chunk;
      if (chunk.usage) usage = chunk.usage;
      const choice = chunk.choices[0];
      if (choice?.finish_reason) finishReason = choice.finish_reason;
      const content = choice?.delta.content;
      if (content) send(frame(id, seq++, { type: 'token', content }));
    },
  });
  const decoder = new TextDecoder();
  for await (const chunk of answer.body) parser.feed(decoder.decode(chunk as Buffer, { stream: true }));
  if (committed !== undefined) await committed;
  response.end(frame(id, seq++, { type: 'done', usage, finish_reason: finishReason }));
}

interface Chunk {
  readonly usage?: unknown;
  readonly choices: readonly {
    readonly delta: { readonly content?: string };
    readonly finish_reason: string | null;
  }[];
}

function frame(id: string, seq: number, data: object): string {
  return `id: ${id}:${seq}\ndata: ${JSON.stringify(data)}\n\n`;
}
