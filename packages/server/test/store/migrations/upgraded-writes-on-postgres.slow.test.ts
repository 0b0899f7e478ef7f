/** See `upgraded-writes.ts`. */
import { describe } from 'node:test';
import { findPostgres } from 'colloquy-testkit/services';
import { testEachWriteAfterUpgrades } from './upgraded-writes.ts';

const postgres = await findPostgres();

describe('each write after an upgrade on postgres', 'skip' in postgres ? postgres : {}, () =>
  'skip' in postgres ? undefined : testEachWriteAfterUpgrades('postgres'),
);
