/** Every write that exists, by name. */
import { acceptTurn } from './accept-turn.ts';
import { cancelQueued, requestCancel } from './cancel.ts';
import { finishGeneration } from './finish-generation.ts';
import { moveSegments } from './move-segments.ts';
import { claimDeadOwners, endLease, registerOwner, renewLease } from './owner.ts';

export const commands = {
  acceptTurn,
  finishGeneration,
  moveSegments,
  requestCancel,
  cancelQueued,
  registerOwner,
  renewLease,
  endLease,
  claimDeadOwners,
} as const;

type Commands = typeof commands;
export type CommandName = keyof Commands;
export type CommandArgs<N extends CommandName> = Parameters<Commands[N]>[1];
export type CommandResult<N extends CommandName> = Awaited<ReturnType<Commands[N]>>;
