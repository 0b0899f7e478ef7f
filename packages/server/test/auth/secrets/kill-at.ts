/**
 * Preloaded into a command: kills its process with SIGKILL at the moment that KILL_AT names, as `<place> <number>`. Places
 * are `before rename`, `after rename`, `before unlink`, `update` (of a model, once it was sent), `before commit` and
 * `after commit` (of the transaction that updates models); the number counts from 1.
 */
import files from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { DatabaseSync, StatementSync } from 'node:sqlite';
import pg from 'pg';

const [, wanted = '', number = '1'] = /^(.*) (\d+)$/.exec(process.env.KILL_AT ?? '') ?? [];
let seen = 0;
function at(place: string): void {
  if (place !== wanted) return;
  seen += 1;
  if (seen === Number(number)) process.kill(process.pid, 'SIGKILL');
}

const { rename, unlink } = files;
files.rename = async (from, to) => {
  at('before rename');
  await rename(from, to);
  at('after rename');
};
files.unlink = async (path) => {
  at('before unlink');
  await unlink(path);
};
syncBuiltinESMExports();

let isUpdating = false;
function sent(text: string): void {
  if (!/^update "model" set "api_key_encrypted"/i.test(text)) return;
  isUpdating = true;
  at('update');
}
const isCommit = (text: string): boolean => isUpdating && /^commit/i.test(text);

const { exec } = DatabaseSync.prototype;
DatabaseSync.prototype.exec = function (text) {
  if (isCommit(text)) at('before commit');
  exec.call(this, text);
  if (isCommit(text)) at('after commit');
};
for (const name of ['run', 'all', 'get'] as const) {
  const original = StatementSync.prototype[name] as (...values: unknown[]) => unknown;
  (StatementSync.prototype[name] as unknown) = function (this: StatementSync, ...values: unknown[]) {
    if (isCommit(this.sourceSQL)) at('before commit');
    const result = original.apply(this, values);
    if (isCommit(this.sourceSQL)) at('after commit');
    sent(this.sourceSQL);
    return result;
  };
}

const { query } = pg.Client.prototype as { query: (...values: unknown[]) => unknown };
(pg.Client.prototype as { query: unknown }).query = function (this: pg.Client, ...values: unknown[]) {
  const [first] = values as [string | { readonly text?: string }];
  const text = typeof first === 'string' ? first : (first.text ?? '');
  if (isCommit(text)) at('before commit');
  const result = query.apply(this, values);
  if (isCommit(text) && result instanceof Promise) void result.then(() => at('after commit'));
  sent(text);
  return result;
};
