/** Keeps what the last test of a model found. */
import type { ModelTestRecord } from '../../domain/model.ts';
import type { CommandContext } from '../command-context.ts';

export interface StoreModelTest {
  readonly organizationId: string;
  readonly id: string;
  readonly test: ModelTestRecord;
  /** Tokens, as the provider's list of models says; null: it does not. */
  readonly listedContextWindow: number | null;
}

/** A listed window replaces one that is only assumed or was listed before. */
export async function storeModelTest(context: CommandContext, args: StoreModelTest): Promise<null> {
  const of = context.db
    .updateTable('model')
    .where('id', '=', args.id)
    .where('organization_id', '=', args.organizationId);
  await of.set({ last_test: JSON.stringify(args.test) }).execute();
  if (args.listedContextWindow !== null) {
    await of
      .set({ context_window: args.listedContextWindow, context_window_source: 'listed' })
      .where((eb) =>
        eb.or([eb('context_window_source', 'is', null), eb('context_window_source', '!=', 'set')]),
      )
      .execute();
  }
  return null;
}
