/** What the writer's thread does first: the rows that readers wait for. None of the others is lost by that. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { conversationScope } from '../../../src/auth/scopes.ts';
import { AppError } from '../../../src/domain/errors.ts';
import { newId } from '../../../src/domain/ids.ts';
import { startSqliteWriter } from '../../../src/store/sqlite/writer.ts';

/** Together they take longer than a commit may, on any machine. */
const many = 3000;
const title = 'A long title '.repeat(15);

const directory = mkdtempSync(join(tmpdir(), 'writer-order-'));
after(() => rmSync(directory, { recursive: true, force: true }));

for (const fails of [false, true]) {
  test(`a journal row passes commands that came before it${fails ? ', of which some fail' : ''}`, async () => {
    await using writer = await startSqliteWriter({ path: join(directory, `${fails}.db`) });
    const now = Date.now();
    const organizationId = newId();
    const command = (name: string, args: object) =>
      writer.send({ kind: 'command', name, args, claim: undefined, origin: undefined } as never);
    await command('createOrganization', { id: organizationId, name: 'a', now });
    const registered = (await command('registerOwner', { leaseMs: 60_000 })) as { result: { owner: number } };
    const { owner } = registered.result;
    const scope = conversationScope(organizationId, 'prod');
    const isRefused = (index: number): boolean => fails && index % 50 === 7;
    /** In the order of the replies, with the turns of the event loop in which they came. */
    const ended: (number | 'journal')[] = [];
    const turns = new Set<object>();
    let turn = {};
    const note = (one: number | 'journal'): void => {
      ended.push(one);
      turns.add(turn);
      setImmediate(() => {
        turn = {};
      });
    };
    const commands = Array.from({ length: many }, async (_, index) => {
      const sent = isRefused(index)
        ? command('updateConversation', { scope, id: newId(), changes: { title }, now })
        : command('createConversation', { scope, id: newId(), title, isArchived: false, now });
      return sent.then(
        () => {
          note(index);
          assert.ok(!isRefused(index));
        },
        (error: unknown) => {
          note(index);
          assert.ok(
            isRefused(index) && error instanceof AppError && error.code === 'not_found',
            String(error),
          );
        },
      );
    });
    const journal = writer.send({ kind: 'journal', row: { owner, n: 1, payload: '[]' } }).then((outcome) => {
      note('journal');
      assert.equal(outcome, 'committed');
    });
    writer.flush();
    await Promise.all([...commands, journal]);
    assert.deepEqual(ended, ['journal', ...commands.keys()]);
    assert.ok(turns.size > 1, 'all were committed together');
  });
}
