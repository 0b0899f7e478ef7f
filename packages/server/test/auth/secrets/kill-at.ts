/**
 * Preloaded into a command: kills its process with SIGKILL at the moment that KILL_AT names, as `<place> <number>`. Places
 * are `before rename`, `after rename`, `before unlink`, `update` (of a model, once it was sent), `before commit` and
 * `after commit` (of the transaction that updates models); the number counts from 1.
 */
import files from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { Socket } from 'node:net';
import { DatabaseSync, StatementSync } from 'node:sqlite';

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

/** The messages of PostgreSQL's protocol that a client sends: a type, and what it holds. */
function* messagesIn(data: Buffer): Generator<readonly [type: string, body: string]> {
  for (let at = 0; at + 5 <= data.length; ) {
    const end = at + 1 + data.readUInt32BE(at + 1);
    yield [data.toString('latin1', at, at + 1), data.toString('latin1', at + 5, end)];
    at = end;
  }
}

/** Texts of prepared statements by their names. */
const texts = new Map<string, string>();
/** The text that a message begins to run; empty for another message. */
function textOf(type: string, body: string): string {
  const [first = '', second = ''] = body.split('\0');
  if (type === 'P') texts.set(first, second);
  if (type === 'Q') return first;
  return type === 'B' ? (texts.get(second) ?? '') : '';
}

// The program may have its own copy of `pg` in its bundle, so what leaves and comes is looked at.
const { write } = Socket.prototype as { write: (...values: unknown[]) => boolean };
(Socket.prototype as { write: unknown }).write = function (this: Socket, ...values: unknown[]) {
  const [data] = values;
  const run = Buffer.isBuffer(data) ? [...messagesIn(data)].map(([type, body]) => textOf(type, body)) : [];
  if (run.some(isCommit)) {
    at('before commit');
    this.prependListener('data', (answer: Buffer) => {
      if (answer.includes('COMMIT')) at('after commit');
    });
  }
  const result = write.apply(this, values);
  for (const text of run) sent(text);
  return result;
};
