/** A relay built the usual way: the AI SDK's `streamText` behind Fastify, with the same frames as the bare relay. */
import { randomUUID } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { streamText } from 'ai';
import Fastify from 'fastify';

const upstream = process.argv[2] ?? '';
const provider = createOpenAICompatible({ name: 'bench', baseURL: `${upstream}/v1`, includeUsage: true });
const app = Fastify();

app.post<{ Body: { message: string } }>('/api/chat/completion/stream', async (incoming, reply) => {
  reply.hijack();
  const response = reply.raw;
  response.writeHead(200, {
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-cache, no-transform',
  });
  const id = randomUUID();
  let seq = 1;
  const write = (data: object): boolean =>
    response.write(`id: ${id}:${seq++}\ndata: ${JSON.stringify(data)}\n\n`);
  write({ type: 'session_created', session_id: randomUUID() });
  const result = streamText({
    model: provider('bench'),
    instructions: 'You answer.',
    messages: [{ role: 'user', content: incoming.body.message }],
  });
  for await (const content of result.textStream) write({ type: 'token', content });
  write({ type: 'done', usage: await result.usage, finish_reason: await result.finishReason });
  response.end();
});

await app.listen({ host: '127.0.0.1', port: 0, backlog: 2048 });
process.send?.({ from: 'party', port: (app.server.address() as AddressInfo).port });
process.on('disconnect', () => process.exit());
