/** A session: a sequence of turns in a conversation, with one model and, if it started with one, a persona revision. */
import type { Environment } from './scope.ts';

export interface SessionRecord {
  readonly id: string;
  readonly conversationId: string;
  readonly organizationId: string;
  readonly environment: Environment;
  readonly endUserId: string | null;
  readonly personaId: number | null;
  readonly personaVersion: number | null;
  readonly modelId: string;
  readonly status: 'active' | 'completed';
  readonly headMessageId: string | null;
  /** Epoch milliseconds. */
  readonly createdAt: number;
  readonly updatedAt: number;
}
