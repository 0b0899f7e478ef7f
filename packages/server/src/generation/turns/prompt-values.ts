/**
 * What a turn fills into the variables of its persona's prompt. It is kept with the generation, so that whoever takes the
 * turn up later sends the same text, whatever the date and the metadata are by then.
 */
import type { GenerationParameters } from '../../domain/generation.ts';
import type { Metadata } from '../../domain/message.ts';
import {
  metadataKeyOf,
  namesInPrompt,
  type PromptName,
  type PromptValues,
  toPromptValue,
} from '../../domain/request/prompt-variables.ts';
import type { SessionRecord } from '../../domain/session.ts';
import { findConversation } from '../../store/queries/conversations.ts';
import { findEndUser } from '../../store/queries/end-users.ts';
import { findMessage } from '../../store/queries/messages.ts';
import { findSession } from '../../store/queries/sessions.ts';
import type { Database } from '../../store/store.ts';
import type { TurnRequest } from '../turn.ts';
import type { Base } from './permitted.ts';

export interface PromptFacts {
  readonly request: TurnRequest;
  readonly base: Base;
  /** Epoch milliseconds. */
  readonly now: number;
}

/**
 * Undefined where the prompt has nothing to fill in. An answer that goes on has the values of the one before; another
 * attempt has its own, and takes over what is no longer to be found.
 */
export async function readPromptValues(
  reads: Database,
  prompt: string,
  facts: PromptFacts,
): Promise<PromptValues | undefined> {
  if (!prompt.includes('{{')) return undefined;
  const { names } = namesInPrompt(prompt);
  const { request, base } = facts;
  const before = valuesBefore(base.earlier?.parameters, names);
  const goesOn =
    (request.target.kind === 'message' && request.target.continueFrom !== undefined) ||
    (request.target.kind === 'behind' && request.target.continues === true);
  const wanted = goesOn ? names.filter((name) => !Object.hasOwn(before, name)) : names;
  return { ...before, ...(await readValues(reads, wanted, facts)) };
}

function valuesBefore(
  parameters: GenerationParameters | undefined,
  names: readonly PromptName[],
): PromptValues {
  const values = Object.entries(parameters?.promptValues ?? {});
  return Object.fromEntries(values.filter(([name]) => names.some((one) => one === name)));
}

async function readValues(
  reads: Database,
  names: readonly PromptName[],
  { request, base, now }: PromptFacts,
): Promise<PromptValues> {
  if (names.length === 0) return {};
  const values: [PromptName, string][] = [];
  if (names.includes('date')) values.push(['date', new Date(now).toISOString().slice(0, 10)]);
  if (names.every((name) => name === 'date')) return Object.fromEntries(values);
  const session = await findPlace(reads, request, base);
  const metadata = names.some((name) => metadataKeyOf(name) !== undefined)
    ? await readMetadata(reads, request, session)
    : {};
  for (const name of names) {
    const key = metadataKeyOf(name) ?? '';
    // A prompt may name what every object has, such as `constructor`.
    const given = Object.hasOwn(metadata, key) ? metadata[key] : undefined;
    const value = name === 'user_id' ? await readUserId(reads, request, session) : given;
    if (name !== 'date' && value !== undefined) values.push([name, toPromptValue(value)]);
  }
  return Object.fromEntries(values);
}

/** The session whose conversation the turn belongs to, or whose history it reads. */
async function findPlace(
  reads: Database,
  { scope }: TurnRequest,
  { sessionId, parentId }: Base,
): Promise<SessionRecord | undefined> {
  if (sessionId !== null) return findSession(reads, scope, sessionId);
  if (parentId === null) return undefined;
  const message = await findMessage(reads, scope, parentId);
  return message && findSession(reads, scope, message.sessionId);
}

/** The turn's own, then the session's, then the conversation's. */
async function readMetadata(
  reads: Database,
  request: TurnRequest,
  session: SessionRecord | undefined,
): Promise<Metadata> {
  const { scope, target } = request;
  const conversation = session && (await findConversation(reads, scope, session.conversationId));
  // A fork is a session of its own, which has none yet.
  const ofSession = request.sessionMetadata ?? (target.kind === 'fork' ? {} : session?.metadata);
  return {
    ...conversation?.metadata,
    ...ofSession,
    ...(await readOwnMetadata(reads, request)),
    ...(request.promptMetadata ?? request.metadata),
  };
}

/** What stands beside the message that is answered. */
async function readOwnMetadata(
  reads: Database,
  { scope, target }: TurnRequest,
): Promise<Metadata | undefined> {
  if (target.kind === 'message') return (await findMessage(reads, scope, target.messageId))?.metadata;
  return target.messages.at(-1)?.metadata;
}

async function readUserId(
  reads: Database,
  { scope }: TurnRequest,
  session: SessionRecord | undefined,
): Promise<string | undefined> {
  const id = session?.endUserId ?? scope.endUserId;
  return id == null ? undefined : (await findEndUser(reads, scope, id))?.externalId;
}
