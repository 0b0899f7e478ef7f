/** What tells this store from all others, for whatever several stores share. */
import type { CommandContext } from '../command-context.ts';

const installationSetting = 'installation';

/** Gives the store's id; the first call sets it. */
export async function nameInstallation(
  { db }: CommandContext,
  { id }: { readonly id: string },
): Promise<{ readonly id: string }> {
  await db
    .insertInto('setting')
    .values({ name: installationSetting, value: id })
    .onConflict((conflict) => conflict.column('name').doNothing())
    .execute();
  const { value } = await db
    .selectFrom('setting')
    .select('value')
    .where('name', '=', installationSetting)
    .executeTakeFirstOrThrow();
  return { id: value };
}
