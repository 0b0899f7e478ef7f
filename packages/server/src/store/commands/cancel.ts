/** A durable wish that a generation ends; its owner obeys. */
import type { CommandContext } from '../command.ts';

export async function requestCancel(
  context: CommandContext,
  args: { readonly generationIds: readonly string[]; readonly now: number },
): Promise<null> {
  if (args.generationIds.length === 0) return null;
  await context.db
    .updateTable('generation')
    .set({ cancel_requested_at: args.now })
    .where('id', 'in', [...args.generationIds])
    .where('status', 'in', ['queued', 'running'])
    .where('cancel_requested_at', 'is', null)
    .execute();
  return null;
}
