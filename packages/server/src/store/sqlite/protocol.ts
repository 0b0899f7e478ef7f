/** What the main thread and the writer's thread say to each other. */

import type { AuditOrigin } from '../../domain/audit/trail.ts';
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
      readonly origin: AuditOrigin | undefined;
    }
  | { readonly id: number; readonly kind: 'journal'; readonly row: JournalRow }
  | { readonly id: number; readonly kind: 'scrub'; readonly step: ScrubStep };

/**
 * What takes erased data out of the files. Each step answers with whether it is done:
 * - `begin-merge`, `merge`: some pages of the search index are written anew, without the tokens of deleted texts.
 * - `compact`: the whole file is written anew, while all writes wait.
 * - `truncate`: the write-ahead file is emptied; not done while somebody reads from it.
 */
export type ScrubStep = 'begin-merge' | 'merge' | 'compact' | 'truncate';

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
