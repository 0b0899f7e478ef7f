/** Forward-only migrations, run at start under Kysely's lock. */
import type { Kysely } from 'kysely';
import { Migrator } from 'kysely/migration';
import * as first from './migrations/0001-first.ts';
import * as modelSettings from './migrations/0002-model-settings.ts';
import * as organizationSettings from './migrations/0003-organization-settings.ts';
import * as endedGenerations from './migrations/0004-ended-generations.ts';
import * as greetingRole from './migrations/0005-greeting-role.ts';
import * as endsOfCalls from './migrations/0006-ends-of-calls.ts';
import * as guardedAddresses from './migrations/0007-guarded-addresses.ts';
import * as searchTokens from './migrations/0008-search-tokens.ts';
import * as erasure from './migrations/0009-erasure.ts';
import * as keyRotation from './migrations/0010-key-rotation.ts';
import * as keyPersonas from './migrations/0011-key-personas.ts';
import * as limits from './migrations/0012-limits.ts';
import * as usageRollups from './migrations/0013-usage-rollups.ts';
import * as audit from './migrations/0014-audit.ts';
import * as whoseConversations from './migrations/0015-whose-conversations.ts';
import * as learntPrompts from './migrations/0016-learnt-prompts.ts';
import * as retention from './migrations/0017-retention.ts';
import * as plainSegments from './migrations/0018-plain-segments.ts';
import * as endUsersByTime from './migrations/0019-end-users-by-time.ts';
import * as storedBytes from './migrations/0020-stored-bytes.ts';
import * as threads from './migrations/0021-threads.ts';
import * as webhooks from './migrations/0022-webhooks.ts';
import * as accounts from './migrations/0023-accounts.ts';
import * as questionSets from './migrations/0024-question-sets.ts';
import * as passkeys from './migrations/0025-passkeys.ts';
import * as linkMakers from './migrations/0026-link-makers.ts';
import { isOurs } from './opening/foreign-database.ts';
import { requireSchema } from './schema/check-schema.ts';
import { UnfitDatabaseError } from './schema/unfit-database.ts';
import type { Database, StoreEngine } from './tables.ts';
import { refuseUnfinished } from './transfer/target.ts';

type Up = (db: Kysely<unknown>, engine: StoreEngine) => Promise<void>;

/** By name, in the order in which they run. */
export const migrations: Readonly<Record<string, Up>> = {
  '0001-first': first.up,
  '0002-model-settings': modelSettings.up,
  '0003-organization-settings': organizationSettings.up,
  '0004-ended-generations': endedGenerations.up,
  '0005-greeting-role': greetingRole.up,
  '0006-ends-of-calls': endsOfCalls.up,
  '0007-guarded-addresses': guardedAddresses.up,
  '0008-search-tokens': searchTokens.up,
  '0009-erasure': erasure.up,
  '0010-key-rotation': keyRotation.up,
  '0011-key-personas': keyPersonas.up,
  '0012-limits': limits.up,
  '0013-usage-rollups': usageRollups.up,
  '0014-audit': audit.up,
  '0015-whose-conversations': whoseConversations.up,
  '0016-learnt-prompts': learntPrompts.up,
  '0017-retention': retention.up,
  '0018-plain-segments': plainSegments.up,
  '0019-end-users-by-time': endUsersByTime.up,
  '0020-stored-bytes': storedBytes.up,
  '0021-threads': threads.up,
  '0022-webhooks': webhooks.up,
  '0023-accounts': accounts.up,
  '0024-question-sets': questionSets.up,
  '0025-passkeys': passkeys.up,
  '0026-link-makers': linkMakers.up,
};

/**
 * Brings the schema to this program's version.
 * @throws UnfitDatabaseError before anything is changed, if a newer version or another program made it, or it is filled
 *   only in part; if it then differs from what it should be
 */
export async function migrate(db: Database, engine: StoreEngine): Promise<void> {
  if (await isOurs(db, engine)) {
    await refuseNewer(db);
    await refuseUnfinished(db);
  }
  const migrator = new Migrator({
    db,
    provider: {
      getMigrations: async () =>
        Object.fromEntries(
          Object.entries(migrations).map(([name, up]) => [
            name,
            { up: (on: Kysely<unknown>) => up(on, engine) },
          ]),
        ),
    },
  });
  const { error } = await migrator.migrateToLatest();
  if (error !== undefined) throw error;
  await requireSchema(db, engine);
}

async function refuseNewer(db: Database): Promise<void> {
  const done = await (db as unknown as Kysely<{ kysely_migration: { name: string } }>)
    .selectFrom('kysely_migration')
    .select('name')
    .execute();
  const unknown = done.map((row) => row.name).filter((name) => !(name in migrations));
  if (unknown.length === 0) return;
  throw new UnfitDatabaseError(
    `the database was made by a newer version of Colloquy (it has the migrations ${unknown.join(', ')}); ` +
      'start that version or a newer one',
  );
}
