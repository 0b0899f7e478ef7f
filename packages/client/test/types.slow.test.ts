/**
 * The types of the client are written by hand; here they are held against the document of a running server. `Answers` says:
 * what the server sends is what the type says. `Same` says: neither has more than the other.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { startTestServer } from 'colloquy-testkit/server';
import openapiTS, { astToString } from 'openapi-typescript';

const source = fileURLToPath(new URL('../src/', import.meta.url));
const root = fileURLToPath(new URL('../../../', import.meta.url));

const proof = (types: string): string => `
import type { components, operations } from './schema.ts';
import type * as Client from '${types}';
type Server = components['schemas'];

type CamelName<Name> = Name extends \`\${infer Head}_\${infer Tail}\`
  ? \`\${Head}\${Capitalize<CamelName<Tail> & string>}\`
  : Name;
/** As \`wire.ts\` makes it of the server's. */
type Camel<T> = T extends readonly (infer Item)[]
  ? readonly Camel<Item>[]
  : T extends object
    ? { readonly [Name in keyof T as CamelName<Name>]: Name extends 'metadata' ? T[Name] : Camel<T[Name]> }
    : T;
type Answers<Sent, Type> = [Camel<Sent>] extends [Type] ? true : { readonly sent: Camel<Sent>; readonly type: Type };
type Same<One, Other> = [One] extends [Other] ? ([Other] extends [One] ? true : { one: One; other: Other }) : { one: One; other: Other };
type Required<T> = { [Name in keyof T]-?: undefined extends T[Name] ? never : Name }[keyof T];
type Given<T> = Exclude<T, null | undefined>;
type Event<Type extends string> = Omit<Extract<Client.AnswerEvent, { type: Type }>, 'id'>;
/** The id of a tool call has another name, since each event has one of its own. */
type CallEvent<Type extends string> = Omit<Event<Type>, 'type' | 'callId'> & { readonly id: string };
type Query<Name extends keyof operations> = NonNullable<operations[Name]['parameters']['query']>;
function expect<Holds extends true>(holds: Holds): void { void holds; }

// Answers
expect<Answers<Server['Usage'], Client.Usage>>(true);
expect<Answers<Server['Source'], Client.Source>>(true);
expect<Answers<Server['Failure'], Client.Failure>>(true);
expect<Answers<Server['Message'], Client.Message>>(true);
expect<Answers<Server['Generation'], Client.Generation>>(true);
expect<Answers<Server['ContextReceipt'], Client.GenerationContext>>(true);
expect<Answers<Server['UserSession'], Client.Conversation>>(true);
expect<Answers<Server['OwnPersona'], Client.Persona>>(true);
expect<Answers<Server['LanguageModel'], Client.Model>>(true);
// The document has the bounds of a rating, not its values.
expect<Answers<Omit<Server['Feedback'], 'rating'>, Omit<Client.Feedback, 'rating'>>>(true);
expect<Answers<Omit<Server['Thread'], 'has_more_before'>, Omit<Client.MessagePage, 'next'>>>(true);

// Events
expect<Answers<Server['SessionEvent'], Event<'session'>>>(true);
expect<Answers<Server['QueuedEvent'], Event<'queued'>>>(true);
expect<Answers<Server['StartedEvent'], Event<'started'>>>(true);
expect<Answers<Server['StatusEvent'], Event<'status'>>>(true);
expect<Answers<Server['ReasoningEvent'], Event<'reasoning'>>>(true);
expect<Answers<Server['TextEvent'], Event<'text'>>>(true);
expect<Answers<Server['SourcesEvent'], Event<'sources'>>>(true);
expect<Answers<Server['DoneEvent'], Event<'done'>>>(true);
expect<Answers<Server['ToolCallEvent'], CallEvent<'toolCall'>>>(true);
expect<Answers<Server['ToolCallDeltaEvent'], CallEvent<'toolCallDelta'>>>(true);
expect<Answers<Server['ToolCallEndEvent'], CallEvent<'toolCallEnd'>>>(true);
type Name<Type> = Type extends 'tool_call' | 'tool_call_delta' | 'tool_call_end' ? CamelName<Type> : Type;
expect<Same<Name<Exclude<Server['GenerationEvent']['type'], 'error'>>, Client.AnswerEvent['type']>>(true);

// Closed lists
expect<Same<Server['Error']['code'] | 'connection', Client.ErrorCode>>(true);
expect<Same<Server['Generation']['status'], Client.GenerationStatus>>(true);
expect<Same<Given<Server['Generation']['finish_reason']>, Client.FinishReason>>(true);
expect<Same<Server['Message']['role'], Client.Message['role']>>(true);
expect<Same<Server['Message']['status'], Client.Message['status']>>(true);
expect<Same<Server['Usage']['provenance'], Client.Usage['provenance']>>(true);
expect<Same<Server['StatusEvent']['status'], Event<'status'>['status']>>(true);
expect<Same<Server['ContextReceipt']['sections'][number]['section'], Client.ContextSection>>(true);

// Requests: every field that the server takes, and none besides.
type Turn = Server['ChatTurn'];
type Continuation = Server['ChatContinuation'];
expect<Same<keyof Turn, 'message' | 'max_tokens' | 'persona' | 'when_busy' | 'metadata' | 'internet'>>(true);
expect<Same<Exclude<keyof Continuation, keyof Turn>, 'session' | 'session_id' | 'parent_id'>>(true);
expect<Same<Required<Turn> | Required<Continuation>, 'message'>>(true);
expect<Same<Given<Continuation['when_busy']>, Given<Client.SendOptions['whenBusy']>>>(true);
expect<Same<Given<Continuation['max_tokens']>, Given<Client.SendOptions['maxTokens']>>>(true);
expect<Same<Given<Continuation['internet']>, Given<Client.SendOptions['internet']>>>(true);
expect<Same<Continuation['parent_id'], Client.SendOptions['parent']>>(true);
expect<Same<Given<Continuation['metadata']>, Given<Client.SendOptions['metadata']>>>(true);
type Selector = Server['PersonaSelector'];
expect<Same<keyof Selector, 'alias' | 'persona_id' | 'version_type' | 'version_tag'>>(true);
expect<Same<Given<Selector['alias']>, Given<Client.PersonaSelector['alias']>>>(true);
expect<Same<Given<Selector['persona_id']>, Given<Client.PersonaSelector['id']>>>(true);
expect<Same<Given<Selector['version_type']>, Given<Client.PersonaSelector['version']>>>(true);
expect<Same<Camel<Server['ToolResults']['results'][number]>, Client.ToolResult>>(true);
expect<Same<keyof Server['ToolResults'], 'session_id' | 'results'>>(true);
type Opinion = Server['NewFeedback'];
expect<Same<Exclude<keyof Opinion, 'message_id' | 'rating'>, keyof Client.FeedbackOptions>>(true);
expect<Same<Given<Opinion['reason']>, Given<Client.FeedbackOptions['reason']>>>(true);
expect<Same<Required<Opinion>, 'message_id' | 'rating'>>(true);
expect<Same<keyof Server['NewUserToken'], 'user_id' | 'persona' | 'client_id'>>(true);
expect<Same<Required<Server['NewUserToken']>, 'user_id'>>(true);
expect<Same<keyof Server['UserSessionChanges'], keyof Parameters<Client.Conversations['update']>[1]>>(true);
expect<Same<CamelName<keyof Query<'getUserThread'>>, Exclude<keyof Client.MessagesOptions, 'signal'>>>(true);
// By \`cursor\` the list goes on by itself.
expect<Same<CamelName<Exclude<keyof Query<'listUserSessions'>, 'cursor' | 'metadata'>>, Exclude<keyof Client.ListOptions, 'signal'>>>(true);
expect<Same<Given<Query<'getUserThread'>['include']>, Given<Client.MessagesOptions['include']>>>(true);
`;

let place: string;
before(async () => {
  place = await mkdtemp(join(tmpdir(), 'colloquy-types-'));
  await using server = await startTestServer();
  const document = (await (await fetch(`${server.url}/docs/openapi.json`)).json()) as object;
  await writeFile(join(place, 'schema.ts'), astToString(await openapiTS(JSON.stringify(document))));
  await writeFile(join(place, 'package.json'), '{"type":"module"}');
  await symlink(join(root, 'node_modules'), join(place, 'node_modules'));
});
after(() => rm(place, { recursive: true, force: true }));

/** What the type checker says of the proof with these types of the client. */
async function check(types: string): Promise<string> {
  await writeFile(join(place, 'proof.ts'), proof(types));
  const options = ['--strict', '--exactOptionalPropertyTypes', '--noEmit', '--allowImportingTsExtensions'];
  const target = ['--target', 'es2022', '--lib', 'es2023,dom', '--types', '', '--module', 'nodenext'];
  const tsc = join(root, 'node_modules/typescript/bin/tsc');
  const args = [tsc, ...options, ...target, '--skipLibCheck', 'proof.ts'];
  const { stdout, stderr } = spawnSync(process.execPath, args, { cwd: place, encoding: 'utf8' });
  return stdout + stderr;
}

test('the types of the client are those of the document', async () => {
  assert.equal(await check(join(source, 'index.ts')), '');
});

test('a type that has drifted is found', async () => {
  const drifts: readonly (readonly [from: string, to: string, lines: RegExp])[] = [
    [`'stop' | 'length'`, `'stop' | 'end' | 'length'`, /FinishReason/],
    [`export type GenerationStatus = 'queued' | `, 'export type GenerationStatus = ', /Generation/],
    ['  readonly isCurrent: boolean;', '  readonly isNow: boolean;', /Message/],
    ['  readonly output: string;', '  readonly output: string;\n  readonly isError: boolean;', /ToolResult/],
    ['  readonly hasMoreAfter: boolean;', '  readonly hasMoreAfter: number;', /Thread/],
  ];
  const types = await readFile(join(source, 'types.ts'), 'utf8');
  for (const [from, to, lines] of drifts) {
    assert.ok(types.includes(from), from);
    await writeFile(join(place, 'types.ts'), types.replace(from, to));
    const index = (await readFile(join(source, 'index.ts'), 'utf8')).replace(
      './types.ts',
      join(place, 'types.ts'),
    );
    const rest = index.replaceAll(/from '\.\/(.*?)'/g, (_, name: string) => `from '${join(source, name)}'`);
    await writeFile(join(place, 'client.ts'), rest);
    const said = await check('./client.ts');
    const faulty = [...said.matchAll(/^proof\.ts\((\d+),/gm)].map(([, line]) => Number(line));
    const proofLines = (await readFile(join(place, 'proof.ts'), 'utf8')).split('\n');
    assert.ok(
      faulty.some((line) => lines.test(proofLines[line - 1] ?? '')),
      `${to}: ${said}`,
    );
  }
});
