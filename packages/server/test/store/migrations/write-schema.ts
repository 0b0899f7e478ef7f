/** `npm run schema`: writes down the schema that the migrations make on each engine, after a new one was added. */
import { writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { emptyPlace } from 'colloquy-testkit/place';
import { schemaOfMigrations } from './old-database.ts';

for (const engine of ['sqlite', 'postgres'] as const) {
  const place = await emptyPlace(engine);
  const schema = await schemaOfMigrations(place, engine);
  const url = new URL(`../../../src/store/schema/expected-${engine}.json`, import.meta.url);
  writeFileSync(url, `${JSON.stringify(schema, null, 2)}\n`);
  await rm(place.dataDir, { recursive: true, force: true });
}
