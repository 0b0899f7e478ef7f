/** A store whose commands somebody watches: for their time, their number, or a trace. */
import type {
  ClaimedCommandName,
  CommandArgs,
  CommandName,
  CommandResult,
  Executed,
  IdempotencyClaim,
} from '../command.ts';
import type { Store } from '../store.ts';

/** Gets each command, and has to run it once. The journal's rows, of which there are many, are no commands. */
export type AroundCommand = <Result>(name: CommandName, run: () => Promise<Result>) => Promise<Result>;

export function observedStore(store: Store, around: AroundCommand): Store {
  return {
    ...store,
    execute<N extends CommandName>(name: N, args: CommandArgs<N>, origin?: Parameters<Store['execute']>[2]) {
      return around<CommandResult<N>>(name, () => store.execute(name, args, origin));
    },
    executeOnce<N extends ClaimedCommandName>(
      name: N,
      args: CommandArgs<N>,
      claim: IdempotencyClaim | undefined,
      origin?: Parameters<Store['execute']>[2],
    ) {
      return around<Executed<CommandResult<N>>>(name, () => store.executeOnce(name, args, claim, origin));
    },
  };
}
