/** The thread that commits what `floor-relay.ts` sends it, with the pragmas of Colloquy's own writer. */
import { DatabaseSync } from 'node:sqlite';
import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';

const port = parentPort;
if (port === null) throw new Error('the writer runs as a worker thread');
const database = new DatabaseSync(workerData as string);
database.exec('pragma journal_mode = wal; pragma synchronous = full');
database.exec('create table turn (id text primary key, text text) without rowid, strict');
database.exec('create table token (n integer primary key, id text, text text) strict');
const begin = database.prepare('begin immediate');
const commit = database.prepare('commit');
const insert = {
  turn: database.prepare('insert into turn (id, text) values (?, ?)'),
  token: database.prepare('insert into token (id, text) values (?, ?)'),
};

type Row = [table: 'turn' | 'token', id: string, text: string];

port.on('message', (rows: Row[]) => {
  const all = rows;
  for (let more = receiveMessageOnPort(port); more !== undefined; more = receiveMessageOnPort(port))
    all.push(...(more.message as Row[]));
  begin.run();
  for (const [table, id, text] of all) insert[table].run(id, text);
  commit.run();
  port.postMessage(all.length);
});
