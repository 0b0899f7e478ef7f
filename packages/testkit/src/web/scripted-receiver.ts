/** A receiver of webhooks: a real `node:http` server that keeps what it gets, and answers as it is told. */
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

export interface ReceivedMessage {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  /** As it came. */
  readonly raw: string;
  // biome-ignore lint/suspicious/noExplicitAny: tests read the fields of messages.
  readonly body: any;
}

/** `hang`: it never answers. */
export type ReceiverAnswer =
  | { readonly status: number; readonly headers?: Readonly<Record<string, string>> }
  | 'hang';

export interface ScriptedReceiver extends AsyncDisposable {
  /** `http://127.0.0.1:<port>` */
  readonly url: string;
  readonly messages: readonly ReceivedMessage[];
  /** How messages are answered from now on. Default: 204. */
  respond(answer: ReceiverAnswer | ((message: ReceivedMessage) => ReceiverAnswer)): void;
  /** Resolves once so many messages have come in all. */
  received(count: number): Promise<readonly ReceivedMessage[]>;
}

export async function startScriptedReceiver(): Promise<ScriptedReceiver> {
  const messages: ReceivedMessage[] = [];
  const waiting = new Set<() => void>();
  let answer: (message: ReceivedMessage) => ReceiverAnswer = () => ({ status: 204 });
  const server = createServer(async (request, response) => {
    const raw = await text(request);
    const message = { path: request.url ?? '', headers: request.headers, raw, body: JSON.parse(raw) };
    messages.push(message);
    const answered = answer(message);
    if (answered !== 'hang') response.writeHead(answered.status, answered.headers).end();
    for (const look of waiting) look();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    messages,
    respond(next) {
      answer = typeof next === 'function' ? next : () => next;
    },
    received(count) {
      const { promise, resolve } = Promise.withResolvers<readonly ReceivedMessage[]>();
      const look = (): void => {
        if (messages.length < count) return;
        waiting.delete(look);
        resolve(messages);
      };
      waiting.add(look);
      look();
      return promise;
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
