/** What the writer's thread does first: the rows that readers wait for. None of the others is lost by that. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openTestStore } from 'colloquy-testkit/stores';
import { conversationScope } from '../../../src/auth/scopes.ts';
import { AppError } from '../../../src/domain/errors.ts';
import { newId } from '../../../src/domain/ids.ts';

/** Too many for the time of one commit, where each is as long as these titles. */
const many = 400;
const title = 'A long title '.repeat(15);

for (const fails of [false, true]) {
  test(`a journal row passes commands that came before it${fails ? ', of which some fail' : ''}`, async () => {
    await using place = await openTestStore('sqlite');
    const { store } = place;
    const now = Date.now();
    const organizationId = newId();
    await store.execute('createOrganization', { id: organizationId, name: 'a', now });
    const { owner } = await store.execute('registerOwner', { leaseMs: 60_000 });
    const scope = conversationScope(organizationId, 'prod');
    const ended: (number | 'journal')[] = [];
    const ids = Array.from({ length: many }, newId);
    const isRefused = (index: number): boolean => fails && index % 50 === 7;
    const commands = ids.map(async (id, index) => {
      const creating = isRefused(index)
        ? store.execute('updateConversation', { scope, id: newId(), changes: { title }, now })
        : store.execute('createConversation', { scope, id, title, isArchived: false, now });
      const error = await creating.then(
        () => undefined,
        (reason: unknown) => reason,
      );
      ended.push(index);
      if (isRefused(index)) assert.ok(error instanceof AppError && error.code === 'not_found', String(error));
      else assert.equal(error, undefined);
    });
    const outcome = await store.appendJournal({ owner, n: 1, payload: '[]' });
    ended.push('journal');
    assert.equal(outcome, 'committed');
    await Promise.all(commands);
    const before = ended.indexOf('journal');
    assert.ok(before < many / 2, `${before} of ${many} commands were answered before the journal row`);
    const others = ended.filter((one) => one !== 'journal');
    assert.deepEqual(
      others,
      ids.map((_, index) => index),
      'commands stay in their order',
    );
    const stored = await store.reads.selectFrom('conversation').select('id').orderBy('id').execute();
    assert.deepEqual(
      stored.map(({ id }) => id),
      ids.filter((_, index) => !isRefused(index)).sort(),
    );
  });
}
