/** `q=`: full-text search over titles and messages, the same on both stores. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { onBothStores } from 'colloquy-testkit/on-both-stores';
import { answer } from 'colloquy-testkit/upstream/scripted-upstream';
import { type Call, startTestApp } from '../../http-app.ts';
import { chatsOf } from '../chats/chats-app.ts';

interface Found {
  readonly id: string;
  readonly title: string;
  readonly snippet: string;
  readonly message_id: string | null;
}

onBothStores('search', async (storeEngine) => {
  const app = await startTestApp(storeEngine);
  after(() => app[Symbol.asyncDispose]());
  const { scope, upstream } = app.harness;
  const own: Call = { key: app.prodKey };
  const chats = chatsOf(app);
  const search = async (q: string, credential = own, more: Record<string, string> = {}): Promise<Found[]> => {
    const query = new URLSearchParams({ org_id: scope.organizationId, q, ...more });
    const { status, body } = await app.call(`/api/conversation/list?${query}`, credential);
    assert.equal(status, 200, JSON.stringify(body));
    return body;
  };
  const titles = async (...args: Parameters<typeof search>): Promise<string[]> =>
    (await search(...args)).map(({ title }) => title);
  const conversation = async (title: string, texts: readonly string[] = [], credential = own) => {
    const { body } = await app.call('/chats/create', { ...credential, body: { name: title } });
    for (const text of texts) await chats.say(body.id, text, 'Human', credential);
    return body.id as string;
  };
  const remove = (path: string) => app.call(path, { ...own, method: 'DELETE' });

  test('the best match comes first: a title, then the text that says it most', async () => {
    await conversation('One', [
      'There is a walrus somewhere in this rather long message about other things.',
    ]);
    await conversation('Two', ['Walrus! The walrus and the walrus.']);
    await conversation('Walrus', ['Nothing here.']);
    await conversation('Three', ['Only seals.']);
    assert.deepEqual(await titles('walrus'), ['Walrus', 'Two', 'One']);
    assert.deepEqual(await titles('walrus', own, { limit: '1' }), ['Walrus']);
    assert.deepEqual(await titles('walrus', own, { limit: '2', offset: '1' }), ['Two', 'One']);
    assert.deepEqual(await titles('walrus', own, { offset: '3' }), []);
    assert.deepEqual(await titles('unicorn'), []);
    assert.deepEqual(await titles('?!'), []);
  });

  test('a conversation stands there once, with where its best match is', async () => {
    const filler = 'Something else entirely, to fill the line. '.repeat(10);
    const id = await conversation('Animals', [
      `${filler}Here lives the platypus. ${filler}`,
      'The platypus again: platypus, platypus!',
    ]);
    const [found, ...more] = await search('platypus');
    assert.deepEqual([found?.id, more.length], [id, 0]);
    assert.equal(found?.snippet, 'The platypus again: platypus, platypus!');
    const [other] = await search('lives platypus');
    assert.match(other?.snippet ?? '', /^…[^…]*Here lives the platypus\.[^…]*…$/);
    assert.ok((other?.snippet.length ?? 0) < 200);
  });

  test('answers are found once they have ended, in any dialect', async () => {
    upstream.enqueue(answer('The capital is Ouagadougou.'));
    const { body } = await app.call('/api/chat/completion', { ...own, body: { message: 'Burkina Faso?' } });
    const [found] = await search('ouagadougou');
    assert.equal(found?.title, 'Burkina Faso?');
    assert.equal(found?.snippet, 'The capital is Ouagadougou.');
    assert.equal(found.message_id, body.message_id);
    assert.equal((await search('burkina faso'))[0]?.message_id, null);
    assert.equal((await remove(`/conversations/delete/${body.message_id}`)).status, 200);
    assert.deepEqual(await search('ouagadougou'), []);
  });

  test('all words must be there; each may begin a longer one; case, accents and width do not count', async () => {
    await conversation('Letters', ['Über die Größe der ÉCOLE ｗｉｄｅ databases, naïvely']);
    for (const q of ['uber große', 'école', 'ecole wide', 'DATABASE naive', 'ecol', 'größe']) {
      assert.deepEqual(await titles(q), ['Letters'], q);
    }
    for (const q of ['école walrus', 'atabase', 'na', 'wid e']) assert.deepEqual(await titles(q), [], q);
  });

  test('scripts without blanks are found as phrases', async () => {
    await conversation('Tokyo', ['昨日東京都に行きました。']);
    assert.deepEqual(await titles('東京'), ['Tokyo']);
    assert.deepEqual(await titles('東京都に'), ['Tokyo']);
    assert.deepEqual(await titles('京東'), []);
    assert.deepEqual(await titles('東 に'), ['Tokyo']);
  });

  test('what means something to the engines means nothing here', async () => {
    await conversation('Operators', ['zebra near OR not giraffe']);
    for (const q of [
      'zebra AND giraffe',
      '"zebra"',
      "zebra' | 'giraffe",
      'zebra OR walrus',
      'title:zebra',
      'zebra*',
      '(zebra',
      'zebra & ! giraffe',
      '^zebra',
      'zebra\\',
      '-zebra',
      'NEAR(zebra giraffe)',
    ]) {
      const found = await titles(q);
      assert.ok(found.length === 0 || found[0] === 'Operators', q);
    }
    assert.deepEqual(await titles('"zebra" near!'), ['Operators']);
    assert.deepEqual(await titles('zebra OR not'), ['Operators']);
  });

  test('renaming and deleting show; is_archived narrows; an empty q is none', async () => {
    const id = await conversation('Axolotl', ['A message']);
    assert.deepEqual(await titles('axolotl'), ['Axolotl']);
    const change = (body: object) =>
      app.call(`/api/conversation/update?org_id=${scope.organizationId}&conversation_id=${id}`, {
        ...own,
        method: 'PUT',
        body,
      });
    await change({ title: 'Salamander', is_archived: true });
    assert.deepEqual(await titles('axolotl'), []);
    assert.deepEqual(await titles('salamander'), ['Salamander']);
    assert.deepEqual(await titles('salamander', own, { is_archived: 'true' }), ['Salamander']);
    assert.deepEqual(await titles('salamander', own, { is_archived: 'false' }), []);
    await remove(`/chats/delete/${id}`);
    assert.deepEqual(await titles('salamander'), []);
    for (const q of ['', '  ']) {
      const all = await search(q);
      assert.ok(all.length > 5 && all.every((one) => !('snippet' in one)));
    }
  });

  test('nobody finds what is not theirs', async () => {
    const [ada, ben] = [{ token: await chats.user('ada') }, { token: await chats.user('ben') }];
    await conversation('of Ada', ['The narwhal of Ada'], ada);
    await conversation('of Ben', ['The narwhal of Ben'], ben);
    await conversation('of the test', ['The narwhal of the test'], { key: app.testKey });
    assert.deepEqual(await titles('narwhal', ada), ['of Ada']);
    assert.deepEqual(await titles('narwhal', ben), ['of Ben']);
    assert.deepEqual((await titles('narwhal')).sort(), ['of Ada', 'of Ben']);
    assert.deepEqual(await titles('narwhal', { key: app.testKey }), ['of the test']);
    const other = await app.admin('POST', '/organizations', { name: 'other' });
    const key = await app.admin('POST', `/organizations/${other.body.id}/keys`, {
      name: 'k',
      type: 'prod',
    });
    const foreign = await app.call(`/api/conversation/list?org_id=${other.body.id}&q=narwhal`, {
      key: key.body.key,
    });
    assert.deepEqual([foreign.status, foreign.body], [200, []]);
  });

  test('an erased user’s words leave the index', async () => {
    const token = await chats.user('eve');
    await conversation('of Eve', ['The pangolin of Eve'], { token });
    assert.deepEqual(await titles('pangolin'), ['of Eve']);
    const path = `/organizations/${scope.organizationId}/users/eve`;
    assert.equal((await app.admin('DELETE', path)).status, 200);
    assert.deepEqual(await titles('pangolin'), []);
  });

  test('a very long text, and one without words', async () => {
    await conversation('Long', [`${'x '.repeat(3000)}okapi`, '…—!?', `${'y'.repeat(7000)} okapi`]);
    assert.deepEqual(await titles('okapi'), ['Long']);
    assert.deepEqual(await titles('y'.repeat(900)), ['Long']);
  });
});
