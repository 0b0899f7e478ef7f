/** Whether a request has changed anything in the store: a digest of all tenant data, read beside the server. */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { Place } from 'colloquy-testkit/place';
import { Client } from 'pg';

export interface StoreDigest extends AsyncDisposable {
  /** The digest of each table. */
  read(): Promise<ReadonlyMap<string, string>>;
}

/**
 * Tables that are no tenant's data: leases, the log of answers that are being given, what usage is added up to, what is
 * being sent to webhooks, and the search index, which all change by themselves; and the audit, which keeps refusals too.
 */
const passedOver =
  /^(owner|journal|segment|setting|erasure|audit\w*|usage\w*|webhook_delivery|deleted_webhook|job_lease|search\w*|\w*migration\w*|sqlite_\w+)$/;
/** Columns that change by themselves. */
const passedOverColumns = [
  'last_used_at',
  'last_seen_at',
  'search_state',
  'learnt_at',
  'failures',
  'failing_since',
  'paused_until',
];

export async function openDigest(place: Place): Promise<StoreDigest> {
  return place.databaseUrl === undefined ? ofSqlite(place.dataDir) : ofPostgres(place.databaseUrl);
}

function ofSqlite(dataDir: string): StoreDigest {
  const database = new DatabaseSync(join(dataDir, 'colloquy.db'), { readOnly: true });
  const tables = database
    .prepare("select name from sqlite_schema where type = 'table' order by name")
    .all()
    .map(({ name }) => String(name))
    .filter((name) => !passedOver.test(name));
  const reads = tables.map((table) => {
    const columns = database
      .prepare(`select name from pragma_table_info('${table}')`)
      .all()
      .map(({ name }) => String(name))
      .filter((name) => !passedOverColumns.includes(name));
    const list = columns.map((name) => `"${name}"`).join(', ');
    return [table, database.prepare(`select ${list} from "${table}" order by ${list}`)] as const;
  });
  const version = database.prepare('pragma data_version');
  let known: { readonly version: unknown; readonly digests: ReadonlyMap<string, string> } | undefined;
  return {
    async read() {
      // It changes with every commit of another connection; where it has not, nothing has.
      const current = version.get()?.data_version;
      if (known !== undefined && known.version === current) return known.digests;
      const digests = new Map(
        reads.map(([table, rows]) => [
          table,
          createHash('sha1').update(JSON.stringify(rows.all())).digest('base64'),
        ]),
      );
      known = { version: current, digests };
      return digests;
    },
    async [Symbol.asyncDispose]() {
      database.close();
    },
  };
}

async function ofPostgres(url: string): Promise<StoreDigest> {
  const client = new Client({ connectionString: url });
  await client.connect();
  const { rows } = await client.query<{ name: string }>(
    "select table_name as name from information_schema.tables where table_schema = 'public' order by 1",
  );
  const left = passedOverColumns.map((name) => `'${name}'`).join(', ');
  const query = rows
    .map(({ name }) => name)
    .filter((name) => !passedOver.test(name))
    .map(
      (name) =>
        `select '${name}' as name, (select md5(coalesce(string_agg(row, '' order by row), '')) from
           (select md5((to_jsonb(t) - array[${left}])::text) as row from "${name}" t) one) as digest`,
    )
    .join(' union all ');
  return {
    async read() {
      const found = await client.query<{ name: string; digest: string }>(query);
      return new Map(found.rows.map(({ name, digest }) => [name, digest]));
    },
    async [Symbol.asyncDispose]() {
      await client.end();
    },
  };
}

/** The tables whose digests differ. */
export function changedTables(
  before: ReadonlyMap<string, string>,
  after: ReadonlyMap<string, string>,
): readonly string[] {
  return [...after].filter(([table, digest]) => before.get(table) !== digest).map(([table]) => table);
}
