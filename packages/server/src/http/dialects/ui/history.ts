/** The messages of a chat as `useChat` keeps them: answers that only results of tools separate are steps of one message. */
import { type FinishReason, isTerminal } from '../../../domain/generation.ts';
import type { MessagePart } from '../../../domain/message.ts';
import type { OrganizationScope } from '../../../domain/scope.ts';
import { toTime } from '../../../domain/text/time.ts';
import { readFiles } from '../../../store/queries/files.ts';
import { type Ending, readEndings, revisionOf } from '../../../store/queries/generations.ts';
import { readStoredMessages, type StoredMessage } from '../../../store/queries/message-parts.ts';
import { findModel } from '../../../store/queries/models.ts';
import { type PathEntry, pathFrom, readSiblings } from '../../../store/queries/threads.ts';
import type { Database } from '../../../store/store.ts';
import type { ReasoningRule } from '../../streaming/facts.ts';
import { inputOf } from './codec.ts';

export interface UiMessage {
  readonly id: string;
  readonly role: 'user' | 'assistant';
  readonly parts: object[];
  readonly metadata: object;
}

export interface HistoryOptions {
  readonly reads: Database;
  readonly scope: OrganizationScope;
  readonly conversationId: string;
  /** The last message of the branch. */
  readonly leaf: string;
  /** Messages at most, the newest. */
  readonly limit: number;
  readonly mayReadReasoning: ReasoningRule;
}

/** Messages that are read at once. */
const messagesAtOnce = 100;

/** Oldest first. An answer that is live is left out: its stream brings it whole. */
export async function readUiMessages(options: HistoryOptions): Promise<UiMessage[]> {
  const { reads, leaf, limit } = options;
  const entries: PathEntry[] = [];
  let begun = 0;
  for await (const entry of pathFrom(reads, leaf)) {
    // What results of tools separate from the answer before is no message of its own.
    if (entry.role === 'user' || (entry.role === 'assistant' && entries.at(-1)?.role !== 'tool')) begun += 1;
    if (begun > limit && entry.role === 'user') break;
    entries.push(entry);
  }
  entries.reverse();
  const siblings = await readSiblings(reads, entries);
  const writer = new Writer(options, siblings);
  for (let at = 0; at < entries.length; at += messagesAtOnce) {
    const ids = entries.slice(at, at + messagesAtOnce).map(({ id }) => id);
    await writer.add(await readStoredMessages(reads, ids));
  }
  return writer.messages.slice(-limit);
}

class Writer {
  readonly messages: UiMessage[] = [];
  readonly #options: HistoryOptions;
  readonly #siblings: ReadonlyMap<string, readonly string[]>;
  readonly #models = new Map<string, object>();
  /** Outputs of tools fill the calls of the message before. */
  readonly #calls = new Map<string, { [name: string]: unknown }>();
  #goesOn = false;

  constructor(options: HistoryOptions, siblings: ReadonlyMap<string, readonly string[]>) {
    this.#options = options;
    this.#siblings = siblings;
  }

  async add(messages: readonly StoredMessage[]): Promise<void> {
    const { reads } = this.#options;
    const endings = await readEndings(
      reads,
      messages.flatMap(({ generationId }) => generationId ?? []),
    );
    const fileIds = messages.flatMap(({ parts }) =>
      parts.flatMap((part) => ('file_id' in part ? part.file_id : [])),
    );
    const files = fileIds.length === 0 ? new Map<string, string>() : await readFiles(reads, fileIds);
    for (const message of messages) {
      if (message.role === 'user') {
        this.#goesOn = false;
        this.messages.push({
          id: message.clientId ?? message.id,
          role: 'user',
          parts: message.parts.flatMap((part) => partOfUser(part, files)),
          metadata: {
            created_at: toTime(message.createdAt),
            message_id: message.id,
            ...this.#alternatives(message),
          },
        });
      } else if (message.role === 'tool') {
        this.#fill(message);
      } else if (message.role === 'assistant' && !message.isLive) {
        await this.#addAnswer(message, endings.get(message.generationId ?? ''));
      }
    }
  }

  async #addAnswer(message: StoredMessage, ending: Ending | undefined): Promise<void> {
    const parts = await this.#partsOf(message, ending);
    const last = this.messages.at(-1);
    const metadata = await this.#metadataOf(message, ending);
    if (this.#goesOn && last !== undefined) {
      last.parts.push(...parts);
      this.messages[this.messages.length - 1] = { ...last, metadata };
    } else {
      this.messages.push({ id: message.id, role: 'assistant', parts, metadata });
    }
    this.#goesOn = false;
  }

  async #partsOf(message: StoredMessage, ending: Ending | undefined): Promise<object[]> {
    const showsReasoning = await this.#options.mayReadReasoning(revisionOf(ending));
    return [
      { type: 'step-start' },
      ...message.parts.flatMap((part): object[] => {
        switch (part.type) {
          case 'text':
            return [{ type: 'text', text: part.text, state: 'done' }];
          case 'reasoning':
            return showsReasoning ? [{ type: 'reasoning', text: part.text, state: 'done' }] : [];
          case 'tool-call':
            return [this.#call(part)];
          case 'sources':
            return part.sources.map(({ index, url, title }) => ({
              type: 'source-url',
              sourceId: String(index),
              url,
              title,
            }));
          default:
            return [];
        }
      }),
    ];
  }

  #call({ id, name, arguments: text }: Extract<MessagePart, { type: 'tool-call' }>): object {
    const whole = inputOf({ id, name, arguments: text }) as {
      readonly input: unknown;
      readonly errorText?: string;
    };
    const call = {
      type: 'dynamic-tool',
      toolName: name,
      toolCallId: id,
      state: whole.errorText === undefined ? 'input-available' : 'output-error',
      input: whole.input,
      ...(whole.errorText !== undefined && { errorText: whole.errorText }),
    };
    this.#calls.set(id, call);
    return call;
  }

  #fill({ parts }: StoredMessage): void {
    this.#goesOn = true;
    for (const part of parts) {
      const call = part.type === 'tool-result' ? this.#calls.get(part.id) : undefined;
      if (call === undefined || part.type !== 'tool-result') continue;
      call.state = 'output-available';
      call.output = parsed(part.result);
      delete call.errorText;
    }
  }

  async #metadataOf(message: StoredMessage, ending: Ending | undefined): Promise<object> {
    const finish: FinishReason | null = ending?.finishReason ?? null;
    return {
      generation_id: message.generationId,
      conversation_id: this.#options.conversationId,
      session_id: message.sessionId,
      user_message_id: ending?.replyTo ?? message.parentId,
      model: message.modelId === null ? null : await this.#modelOf(message.modelId),
      created_at: toTime(message.createdAt),
      finish_reason: finish,
      usage: message.usage,
      status: isTerminal(message.status) ? message.status : 'running',
      ...this.#alternatives(message),
    };
  }

  #alternatives({ id }: StoredMessage): { readonly alternatives?: readonly string[] } {
    const all = this.#siblings.get(id);
    return all === undefined ? {} : { alternatives: all };
  }

  async #modelOf(id: string): Promise<object> {
    const known = this.#models.get(id);
    if (known !== undefined) return known;
    const found = await findModel(this.#options.reads, this.#options.scope, id);
    const model = { id, name: found?.name ?? null, provider: found?.provider ?? null };
    this.#models.set(id, model);
    return model;
  }
}

function partOfUser(part: MessagePart, files: ReadonlyMap<string, string>): object[] {
  if (part.type === 'text') return [{ type: 'text', text: part.text }];
  if (part.type !== 'image') return [];
  const url = 'url' in part ? part.url : files.get(part.file_id);
  if (url === undefined) return [];
  const [, mediaType = 'image/*'] = /^data:([^;,]+)/.exec(url) ?? [];
  return [{ type: 'file', mediaType, url }];
}

/** An output as the client has given it: JSON, or a text. */
function parsed(result: string): unknown {
  try {
    return JSON.parse(result);
  } catch {
    return result;
  }
}
