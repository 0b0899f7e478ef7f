/** Another model answers a running generation: a fallback, before its first token. */
import type { CommandContext } from '../command-context.ts';
import { requireOwner } from './owner.ts';

export interface SwitchModel {
  readonly owner: number;
  readonly generationId: string;
  readonly messageId: string;
  /** The model that answers from now on, as its record names it. */
  readonly model: { readonly id: string; readonly name: string; readonly provider: string };
  /** The model that was asked first. */
  readonly requestedModelId: string;
}

export async function switchModel(context: CommandContext, args: SwitchModel): Promise<null> {
  const { db } = context;
  const { id, name, provider } = args.model;
  await requireOwner(context, args.owner);
  await db
    .updateTable('generation')
    .set({
      model_id: id,
      model_name: name,
      provider,
      requested_model_id: args.requestedModelId === id ? null : args.requestedModelId,
    })
    .where('id', '=', args.generationId)
    .where('status', '=', 'running')
    .execute();
  await db.updateTable('message').set({ model_id: id }).where('id', '=', args.messageId).execute();
  return null;
}
