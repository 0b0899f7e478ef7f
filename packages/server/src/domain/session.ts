/** A session: a sequence of turns in a conversation, with one model and, if it started with one, a persona revision. */
import type { Metadata } from './message.ts';
import type { Environment } from './scope.ts';

/** A completed session takes no new message. */
export const sessionStatuses = ['active', 'completed'] as const;
export type SessionStatus = (typeof sessionStatuses)[number];

export interface SessionRecord {
  readonly id: string;
  readonly conversationId: string;
  readonly organizationId: string;
  readonly environment: Environment;
  readonly endUserId: string | null;
  readonly personaId: number | null;
  readonly personaVersion: number | null;
  readonly modelId: string;
  readonly status: SessionStatus;
  readonly headMessageId: string | null;
  readonly metadata: Metadata;
  /** Epoch milliseconds. */
  readonly createdAt: number;
  readonly updatedAt: number;
}

/** What a session's older messages say, for models whose context they no longer fit into. It is never changed. */
export interface SummaryRecord {
  readonly id: string;
  readonly sessionId: string;
  /** Counts the session's summaries from 1. */
  readonly version: number;
  /** The summary that went into this one. */
  readonly previousId: string | null;
  /** The oldest and the newest message that it tells of; it holds only for descendants of the newest. */
  readonly firstMessageId: string;
  readonly throughMessageId: string;
  readonly throughPosition: number;
  readonly messageCount: number;
  /** Whether it begins with the session's first message; if not, there were more before, too many to read. */
  readonly isComplete: boolean;
  readonly text: string;
  /** Length of the summary, counted with the model's tokenizer or a similar one. */
  readonly tokenCount: number;
  readonly modelId: string;
  /** Epoch milliseconds. */
  readonly createdAt: number;
}
