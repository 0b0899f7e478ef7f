/** What the chats routes are given. */
import type { GenerationEngine } from '../../../generation/engine-interface.ts';
import type { Store } from '../../../store/store.ts';
import type { Attach } from '../../attach.ts';
import type { AuthenticationOptions } from '../../authentication.ts';
import type { StreamGeneration } from '../../generation-streams.ts';

export interface ChatsRoutesOptions extends AuthenticationOptions {
  readonly store: Store;
  readonly engine: GenerationEngine;
  readonly streamGeneration: StreamGeneration;
  readonly attach: Attach;
  /** Epoch milliseconds. */
  readonly now: () => number;
}
