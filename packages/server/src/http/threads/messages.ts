/** Messages as a caller sees them, with how their generations ended and where they stand. */
import type { ConversationPrincipal } from '../../auth/principal.ts';
import { isTerminal } from '../../domain/generation.ts';
import type { OrganizationScope } from '../../domain/scope.ts';
import { toTime } from '../../domain/text/time.ts';
import type { GenerationEngine } from '../../generation/interface.ts';
import { currentText } from '../../generation/log/current-text.ts';
import { type Ending, readEndings, revisionOf } from '../../store/queries/generations.ts';
import { type ListedMessage, reasoningIn } from '../../store/queries/messages.ts';
import { findModel } from '../../store/queries/models.ts';
import { CurrentMessages } from '../../store/queries/threads.ts';
import type { Database } from '../../store/store.ts';
import { audienceOf, failureFor } from '../answer/audience.ts';
import { createReasoningRule } from '../streaming/facts.ts';

/** A message, and what is read beside it. */
export interface DescribedMessage {
  readonly message: ListedMessage;
  readonly ending: Ending | undefined;
  readonly isCurrent: boolean;
}

export interface MessageReader {
  describe(messages: readonly ListedMessage[]): Promise<DescribedMessage[]>;
  toResource(described: DescribedMessage): Promise<object>;
}

export interface MessageReaderOptions {
  readonly reads: Database;
  readonly engine: GenerationEngine;
  readonly caller: ConversationPrincipal;
  readonly scope: OrganizationScope;
  readonly include?: 'reasoning' | undefined;
}

/** Reads for one request; what several messages share is read once. */
export function createMessageReader(options: MessageReaderOptions): MessageReader {
  const { reads, engine, caller, scope, include } = options;
  const audience = audienceOf(caller);
  const current = new CurrentMessages(reads);
  const nameOf = remembering(async (id: string) => (await findModel(reads, scope, id))?.name ?? null);
  const mayRead = createReasoningRule(reads, scope, caller);

  async function reasoningOf({ message, ending }: DescribedMessage): Promise<string | null> {
    if (message.role !== 'assistant' || !isTerminal(message.status)) return null;
    return (await mayRead(revisionOf(ending))) ? reasoningIn(message) : null;
  }

  return {
    async describe(messages) {
      const generations = messages.flatMap(({ generationId }) => generationId ?? []);
      const endings = await readEndings(reads, generations);
      const described: DescribedMessage[] = [];
      for (const message of messages)
        described.push({
          message,
          ending: endings.get(message.generationId ?? ''),
          isCurrent: await current.isCurrent(message),
        });
      return described;
    },
    async toResource(described) {
      const { message, ending, isCurrent } = described;
      return {
        id: message.id,
        role: message.role,
        content: await currentText(message, engine),
        created_at: toTime(message.createdAt),
        chat_session_id: message.sessionId,
        parent_id: message.parentId,
        reply_to: ending?.replyTo ?? null,
        generation_id: message.generationId,
        is_current: isCurrent,
        model_id: message.modelId,
        model_name: message.modelId === null ? null : await nameOf(message.modelId),
        persona: personaOf(ending),
        status: message.status,
        usage: message.usage,
        cost: ending?.cost ?? null,
        finish_reason: ending?.finishReason ?? null,
        error: ending?.error ? failureFor(ending.error, audience) : null,
        sources: message.sources,
        metadata: message.metadata,
        ...(include === 'reasoning' && { reasoning: await reasoningOf(described) }),
      };
    },
  };
}

function personaOf(ending: Ending | undefined): { readonly id: number; readonly version: number } | null {
  const revision = revisionOf(ending);
  return revision && { id: revision.personaId, version: revision.version };
}

function remembering<T>(read: (key: string) => Promise<T>): (key: string) => Promise<T> {
  const known = new Map<string, Promise<T>>();
  return (key) => {
    const found = known.get(key) ?? read(key);
    known.set(key, found);
    return found;
  };
}
