/** See `upgraded-writes.ts`. */
import { describe } from 'node:test';
import { testEachWriteAfterUpgrades } from './upgraded-writes.ts';

describe('each write after an upgrade on sqlite', () => testEachWriteAfterUpgrades('sqlite'));
