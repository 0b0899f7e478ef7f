/**
 * The model provider of the benches, a process of its own: answers every POST as a stream of OpenAI chat completion
 * chunks, one write per token, at the pace that the bench last sent.
 *
 * It is not the scripted upstream of the testkit: thousands of streams share one timer and frames made beforehand, so
 * that the upstream's own cost does not show in the figures.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { FromParty, Pace, ToParty } from '../harness/protocol.ts';
import { streamOf, tokenIndex, vocabulary } from '../harness/vocabulary.ts';

const head =
  'data: {"id":"chatcmpl-B9MBs8CjcvOU2jLn4n570S5qMJKcT","object":"chat.completion.chunk","created":1764000000,"model":"bench","service_tier":"default","system_fingerprint":"fp_44709d6fcb","choices":[';
const tokenFrames = vocabulary.map((text) =>
  Buffer.from(
    `${head}{"index":0,"delta":{"content":${JSON.stringify(text)}},"logprobs":null,"finish_reason":null}]}\n\n`,
  ),
);
const roleFrame = Buffer.from(
  `${head}{"index":0,"delta":{"role":"assistant","content":""},"logprobs":null,"finish_reason":null}]}\n\n`,
);

interface Stream {
  readonly response: ServerResponse;
  readonly number: number;
  readonly pace: Pace;
  sent: number;
  /** `performance.now()` at which the next token is due. */
  dueMs: number;
  isBlocked: boolean;
}

const streams = new Set<Stream>();
let pace: Pace = { tokensPerSecond: 100, tokens: 100, firstTokenMs: 0, spreadOver: 0 };
/** Pace for prompts that are not a client's (titles, summaries): a few tokens at once. */
const besidePace: Pace = {
  tokensPerSecond: Number.POSITIVE_INFINITY,
  tokens: 5,
  firstTokenMs: 0,
  spreadOver: 0,
};
let timer: NodeJS.Timeout | undefined;

const server = createServer((request, response) => {
  readBody(request)
    .then((text) => begin(JSON.parse(text), response))
    .catch((error: unknown) => response.destroy(error instanceof Error ? error : undefined));
});
server.keepAliveTimeout = 120_000;
server.listen({ host: '127.0.0.1', port: 0, backlog: 2048 }, () => {
  tell({ from: 'party', port: (server.address() as AddressInfo).port });
});

process.on('message', (message: ToParty) => {
  if (message.to !== 'upstream') return;
  pace = message.pace;
  tell({ from: 'upstream', paced: true });
});
process.on('disconnect', () => process.exit());

function tell(message: FromParty): void {
  process.send?.(message);
}

interface ChatRequest {
  readonly messages: readonly { readonly role: string; readonly content: unknown }[];
}

function begin(request: ChatRequest, response: ServerResponse): void {
  const content = request.messages.findLast((message) => message.role === 'user')?.content;
  const said = typeof content === 'string' ? content : JSON.stringify(content).replace(/\D+$/, '');
  response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' });
  response.write(roleFrame);
  const number = streamOf(said);
  const ownPace = Number.isNaN(number) ? besidePace : pace;
  const stream: Stream = {
    response,
    number: number || 0,
    pace: ownPace,
    sent: 0,
    dueMs: firstDueMs(number, ownPace),
    isBlocked: false,
  };
  streams.add(stream);
  response.on('drain', () => {
    stream.isBlocked = false;
  });
  response.on('close', () => streams.delete(stream));
  if (stream.dueMs <= performance.now()) advance(stream, performance.now());
  timer ??= setInterval(tick, 1);
}

/** Time of a stream's first token. With `spreadOver` it has a phase, so that the tokens of all streams come evenly. */
function firstDueMs(number: number, { tokensPerSecond, spreadOver, firstTokenMs }: Pace): number {
  const earliestMs = performance.now() + firstTokenMs;
  if (spreadOver === 0) return earliestMs;
  const intervalMs = 1000 / tokensPerSecond;
  const phaseMs = ((number % spreadOver) / spreadOver) * intervalMs;
  return Math.ceil((earliestMs - phaseMs) / intervalMs) * intervalMs + phaseMs;
}

function tick(): void {
  const nowMs = performance.now();
  for (const stream of streams) advance(stream, nowMs);
  if (streams.size > 0) return;
  clearInterval(timer);
  timer = undefined;
}

/** Sends the tokens that are due, each in its own write; a stream whose client does not read waits. */
function advance(stream: Stream, nowMs: number): void {
  const { response, number } = stream;
  const { tokens, tokensPerSecond } = stream.pace;
  while (stream.dueMs <= nowMs && stream.sent < tokens && !stream.isBlocked) {
    stream.isBlocked = !response.write(tokenFrames[tokenIndex(number, stream.sent)]);
    stream.sent += 1;
    stream.dueMs += 1000 / tokensPerSecond;
  }
  if (stream.sent < tokens) return;
  streams.delete(stream);
  const usage = { prompt_tokens: 10, completion_tokens: tokens, total_tokens: 10 + tokens };
  response.write(`${head}{"index":0,"delta":{},"logprobs":null,"finish_reason":"stop"}]}\n\n`);
  response.end(`${head}],"usage":${JSON.stringify(usage)}}\n\ndata: [DONE]\n\n`);
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}
