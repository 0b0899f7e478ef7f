/** Who wrote the address of a model decides whether connections to it are guarded. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { onBothStores } from 'colloquy-testkit/on-both-stores';
import { organizationScope } from '../../../../src/auth/scopes.ts';
import { findModel } from '../../../../src/store/queries/models.ts';
import { startAdminApp } from '../admin-app.ts';

onBothStores('guarded addresses', async (engine) => {
  const app = await startAdminApp(engine);
  after(() => app[Symbol.asyncDispose]());
  const organization = await app.organization();
  const path = `/organizations/${organization}/models`;
  const adminKey = (await app.key(organization, 'admin')).key;
  const body = { name: 'x', provider: 'openai-compatible', model: 'm', base_url: 'https://llm.example/v1' };

  async function made(more: object, key?: string): Promise<string> {
    const { status, text, body: model } = await app.call('POST', path, { ...body, ...more }, key);
    assert.equal(status, 201, text);
    return model.id;
  }

  async function change(id: string, changes: object, key?: string): Promise<void> {
    const { status, text } = await app.call('PATCH', `${path}/${id}`, changes, key);
    assert.equal(status, 200, text);
  }

  async function isGuarded(id: string): Promise<boolean | undefined> {
    const scope = organizationScope(organization);
    return (await findModel(app.store.reads, scope, id))?.addressIsGuarded;
  }

  test("the operator's is not guarded, an administrator's is", async () => {
    assert.equal(await isGuarded(await made({})), false);
    assert.equal(await isGuarded(await made({ base_url: 'http://127.0.0.1:9/v1' })), false);
    assert.equal(await isGuarded(await made({}, adminKey)), true);
    assert.equal(await isGuarded(await made({ provider: 'openai', base_url: null }, adminKey)), false);
    assert.equal(await isGuarded(await made({ provider: 'openai', base_url: undefined }, adminKey)), false);
  });

  test('whoever writes another address is answerable for it', async () => {
    const id = await made({});
    await change(id, { name: 'y', model: 'n' }, adminKey);
    await change(id, { base_url: body.base_url }, adminKey);
    assert.equal(await isGuarded(id), false, "the same address stays the operator's");
    await change(id, { base_url: 'https://other.example/v1' }, adminKey);
    assert.equal(await isGuarded(id), true);
    await change(id, { name: 'z' });
    assert.equal(await isGuarded(id), true, 'another setting says nothing about the address');
    await change(id, { base_url: 'https://other.example/v1' });
    assert.equal(await isGuarded(id), false, 'the operator has written it, too');
  });
});
