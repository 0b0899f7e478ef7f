/** What the main thread and the writer's thread say to each other. */

import type { SerializedError } from '../../domain/errors.ts';
import type { CommandName, IdempotencyClaim } from '../command.ts';
import type { JournalRow } from '../journal.ts';

export type WriterRequest =
  | {
      readonly id: number;
      readonly kind: 'command';
      readonly name: CommandName;
      readonly args: unknown;
      readonly claim: IdempotencyClaim | undefined;
    }
  | { readonly id: number; readonly kind: 'journal'; readonly row: JournalRow };

export type WriterReply =
  | { readonly id: number; readonly ok: true; readonly value: unknown }
  | { readonly id: number; readonly ok: false; readonly error: WriterError };

export type WriterError =
  | { readonly kind: 'app'; readonly error: SerializedError }
  /** The store can't write for a while. */
  | { readonly kind: 'unavailable'; readonly message: string }
  | { readonly kind: 'other'; readonly message: string; readonly stack: string | undefined };

export interface WriterOptions {
  readonly path: string;
}
