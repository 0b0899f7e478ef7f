/** What the chats routes are given. */
import type { GenerationEngine } from '../../../generation/interface.ts';
import type { Store } from '../../../store/store.ts';
import type { AuthenticationOptions } from '../../request/authentication.ts';
import type { Attach } from '../../streaming/attach.ts';
import type { StreamGeneration } from '../../streaming/generation-streams.ts';

export interface ChatsRoutesOptions extends AuthenticationOptions {
  readonly store: Store;
  readonly engine: GenerationEngine;
  readonly streamGeneration: StreamGeneration;
  readonly attach: Attach;
  /** Epoch milliseconds. */
  readonly now: () => number;
}
