/** A server in a process of its own that is killed in the middle of an answer and started again at the same address. */
import { rm } from 'node:fs/promises';
import { findFreePort } from 'colloquy-testkit/free-port';
import { emptyPlace } from 'colloquy-testkit/place';
import { serverEnvironment } from 'colloquy-testkit/server-environment';
import { type ChildServer, spawnServer } from 'colloquy-testkit/server-process';
import { administer } from 'colloquy-testkit/tenants';
import {
  type RecordedRequest,
  type Script,
  startScriptedUpstream,
} from 'colloquy-testkit/upstream/scripted-upstream';

/** A text that event stream clients often get wrong: newlines, blanks, empty lines, characters of several bytes. */
export const tokens: readonly string[] = [
  ' Leading',
  ' blanks,',
  '\n',
  '\nnewlines\n',
  '\n\n',
  ' é😀',
  ' data: x',
  ':',
  '  and',
  ' so',
  ' on\n',
  '…',
  ' until',
  ' the',
  ' end.\n',
];
export const wholeText = tokens.join('');
const firstHalf = tokens.slice(0, 7);
export const firstHalfText = firstHalf.join('');

export interface Restartable extends AsyncDisposable {
  readonly url: string;
  /** Model calls so far. */
  calls(): number;
  /** Id of a Human message of organization `default` that has no answer yet. */
  ask(): Promise<string>;
  /** A key whose default persona has the same model. */
  personaKey(): Promise<{ key: string }>;
  /** Kills the server (SIGKILL) and starts a new process at the same address. */
  restart(): Promise<void>;
  /** Reads the stored text of the answer. */
  stored(messageId: string): Promise<{ role: string; message: string }[]>;
}

/**
 * The model says the first half of its answer and then stops. If it is called with the beginning of the answer, it
 * continues right behind it.
 */
function halting({ body }: RecordedRequest): Script {
  const last = body?.messages?.at(-1);
  if (last?.role !== 'assistant') {
    return {
      steps: [{ do: 'headers' }, { do: 'tokens', tokens: firstHalf, intervalMs: 5 }, { do: 'stall' }],
    };
  }
  const rest = wholeText.slice(last.content.length);
  return {
    steps: [
      { do: 'headers' },
      { do: 'tokens', tokens: [...(rest.match(/[\s\S]{1,4}/gu) ?? [])], intervalMs: 5 },
      { do: 'finish' },
      { do: 'end' },
    ],
  };
}

export async function startRestartable(canContinue: boolean): Promise<Restartable> {
  const place = await emptyPlace('sqlite');
  await using cleanup = new AsyncDisposableStack();
  cleanup.defer(() => rm(place.dataDir, { recursive: true, force: true }));
  const upstream = cleanup.use(await startScriptedUpstream());
  upstream.setDefault(halting);
  const environment = serverEnvironment(place, { PORT: String(await findFreePort()) });
  let server: ChildServer = await spawnServer(environment);
  cleanup.defer(() => server[Symbol.asyncDispose]());
  const { url } = server;
  const { data } = await administer<{ data: { id: string }[] }>(url, 'GET', '/organizations');
  const base = `/organizations/${data[0]?.id}`;
  const { id: modelId } = await administer<{ id: string }>(url, 'POST', `${base}/models`, {
    name: 'Halting',
    provider: 'openai-compatible',
    model: 'halting',
    base_url: upstream.openAiUrl,
    can_continue: canContinue,
  });
  await administer(url, 'PATCH', base, { default_model_id: modelId });
  const chats = async (path: string, body?: object): Promise<{ id: string; chat_id: string }> => {
    const response = await fetch(url + path, {
      method: body === undefined ? 'GET' : 'POST',
      ...(body !== undefined && {
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      }),
    });
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
    return response.json() as Promise<{ id: string; chat_id: string }>;
  };
  const owned = cleanup.move();
  return {
    url,
    calls: () => upstream.requests.length,
    async ask() {
      const { id: chat_id } = await chats('/chats/create', { name: 'In the browser' });
      return (await chats('/conversations/create', { chat_id, role: 'Human', message: 'Hello?' })).id;
    },
    async personaKey() {
      const persona = { name: 'Halting', alias: 'halting' };
      const { id } = await administer<{ id: number }>(url, 'POST', `${base}/personas`, persona);
      const draft = { system_prompt: 'Halt.', model_id: modelId };
      await administer(url, 'PUT', `${base}/personas/${id}/next`, draft);
      await administer(url, 'POST', `${base}/personas/${id}/submit`);
      return administer(url, 'POST', `${base}/keys`, { name: 'k', type: 'prod', default_persona_id: id });
    },
    async restart() {
      server.signal('SIGKILL');
      await server.exited;
      server = await spawnServer(environment);
    },
    async stored(messageId) {
      const { chat_id: chatId } = await chats(`/conversations/${messageId}`);
      const list = await chats(`/conversations/?chat_id=${chatId}`);
      return list as unknown as { role: string; message: string }[];
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}
