/** The administration from the command line: through the running server, and on its store once it has stopped. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { onBothStores } from 'colloquy-testkit/on-both-stores';
import { emptyPlace, type Place } from 'colloquy-testkit/place';
import { serverEnvironment } from 'colloquy-testkit/server-environment';
import { type ChildServer, spawnServer } from 'colloquy-testkit/server-process';
import { colloquy, type Ran } from '../colloquy.ts';

onBothStores('commands of the administration', async (engine) => {
  let place: Place;
  let server: ChildServer;
  let env: Record<string, string>;
  const run = (...args: string[]): Promise<Ran> => colloquy(args, { env, cwd: place.dataDir });

  async function json(...args: string[]): Promise<Record<string, unknown>> {
    const { status, stdout, stderr } = await run(...args, '--json');
    assert.equal(status, 0, stderr);
    return JSON.parse(stdout);
  }

  before(async () => {
    place = await emptyPlace(engine);
    env = serverEnvironment(place);
    server = await spawnServer(env);
  });
  after(async () => {
    await server[Symbol.asyncDispose]();
    await rm(place.dataDir, { recursive: true, force: true });
  });

  test('the server says where it listens, to its owner alone', () => {
    const path = join(place.dataDir, 'server.json');
    assert.equal(JSON.parse(readFileSync(path, 'utf8')).url, server.url);
    assert.equal(statSync(path).mode & 0o777, 0o600);
  });

  test('through the server: a key works at once, and no more once it is revoked', async () => {
    const made = await run('keys', 'create', '--name', 'web', '--bound', 'requests_per_minute=60');
    assert.equal(made.status, 0, made.stderr);
    const [, key = ''] = /^key +(sk_prod_\S+)$/m.exec(made.stdout) ?? [];
    const [, id = ''] = /^id +(\S+)$/m.exec(made.stdout) ?? [];
    assert.match(made.stdout, /^limits +\{"requests_per_minute":60\}$/m);
    assert.match(made.stderr, /not shown again/);
    const ask = async (): Promise<number> =>
      (await fetch(`${server.url}/api/org/list`, { headers: { 'X-API-Key': key } })).status;
    assert.notEqual(await ask(), 401);

    const [listed, asked] = await Promise.all([run('keys', 'list'), run('keys', 'revoke', id)]);
    assert.match(listed.stdout, new RegExp(`^${id} +web +prod +${key.slice(0, 14)}`, 'm'));
    assert.equal(listed.stdout.includes(key), false);
    assert.deepEqual({ status: asked.status, stdout: asked.stdout }, { status: 64, stdout: '' });
    assert.match(asked.stderr, /add --yes/);
    assert.notEqual(await ask(), 401);

    const revoked = await run('keys', 'revoke', id, '--yes');
    assert.equal(revoked.status, 0, revoked.stderr);
    assert.equal(await ask(), 401);
  });

  test('what the API refuses is told in its words', async () => {
    const [wrong, unknown, absent] = await Promise.all([
      run('members', 'create', 'nobody'),
      run('keys', 'list', '--organization', 'Nowhere'),
      run('users', 'list'),
    ]);
    assert.deepEqual(wrong, { status: 1, stdout: '', stderr: 'email must be an e-mail address\n' });
    assert.deepEqual(unknown, { status: 1, stdout: '', stderr: 'there is no organization "Nowhere"\n' });
    assert.deepEqual(absent, { status: 0, stdout: '', stderr: 'There are no users.\n' });
  });

  test('a link into the console: for the first operator, then back into an account', async () => {
    const first = await run('sign-in-link', 'ada@example.com');
    const origin = new URL(server.url).origin.replace('127.0.0.1', 'localhost');
    const [, at, token] = /^(.*)\/console#setup=([\w-]{43})\n$/.exec(first.stdout) ?? [];
    assert.equal(at, origin, first.stderr);
    assert.match(first.stderr, /^It makes the account of the first operator, once, until /);
    const answer = await fetch(`${server.url}/api/console/setup`, {
      method: 'POST',
      headers: { origin: server.url, 'content-type': 'application/json' },
      body: JSON.stringify({ token, name: 'Ada', email: 'ada@example.com', password: 'of many characters' }),
    });
    assert.equal(answer.status, 200, await answer.text());
    const back = await json('sign-in-link', 'Ada@example.com');
    assert.equal(back.purpose, 'reset');
    assert.match(String(back.url), /\/console#link=[\w-]{43}$/);
    const unknown = await run('sign-in-link', 'nobody@example.com');
    assert.deepEqual(unknown, { status: 1, stdout: '', stderr: 'account not found\n' });
    assert.equal((await run('members', 'sign-out', 'ada@example.com')).status, 0);
  });

  test('accounts: listed, made an operator and none any more, and deleted', async () => {
    const { token } = await json('sign-in-link', 'ada@example.com').then(({ url }) => ({
      token: String(url).replace(/.*#link=/, ''),
    }));
    const post = async (path: string, body: object, cookie = ''): Promise<Response> => {
      const headers = { origin: server.url, 'content-type': 'application/json', cookie };
      const answer = await fetch(`${server.url}/api/console${path}`, {
        method: 'POST',
        headers,
        body: JSON.stringify(body),
      });
      assert.equal(answer.ok, true, `${path}: ${answer.status}`);
      return answer;
    };
    const signedIn = await post('/link', { token, password: 'of many characters' });
    const cookie = signedIn.headers.getSetCookie()[0]?.replace(/;.*/, '');
    const invitation = { email: 'grace@example.com', purpose: 'invite' };
    const { organizations } = (await signedIn.clone().json()) as { organizations: { id: string }[] };
    const made = await post(
      '/links',
      { ...invitation, org_id: organizations[0]?.id, role: 'member' },
      cookie,
    );
    const { url } = (await made.json()) as { url: string };
    await post('/link', {
      token: url.replace(/.*#link=/, ''),
      name: 'Grace',
      password: 'of more characters',
    });

    const { data } = await json('accounts', 'list');
    const [ada, grace] = data as { id: string; email: string; operator: boolean }[];
    assert.deepEqual([ada?.email, ada?.operator], ['ada@example.com', true]);
    assert.deepEqual([grace?.email, grace?.operator], ['grace@example.com', false]);
    assert.match((await run('accounts', 'list')).stdout, /^\S+ +Grace +grace@example\.com +no +yes /m);
    const last = await run('accounts', 'operator', 'ada@example.com', 'off');
    assert.deepEqual([last.status, last.stdout], [1, '']);
    assert.match(last.stderr, /last operator/);
    assert.equal((await json('accounts', 'operator', 'Grace@example.com', 'on')).operator, true);
    assert.equal((await json('accounts', 'operator', String(grace?.id), 'off')).operator, false);
    const wrong = await run('accounts', 'operator', 'grace@example.com', 'perhaps');
    assert.deepEqual([wrong.status, wrong.stdout], [64, '']);
    const asked = await run('accounts', 'delete', 'grace@example.com');
    assert.equal(asked.status, 64);
    assert.match(asked.stderr, /the account of Grace \(grace@example\.com\).* add --yes/);
    assert.equal((await run('accounts', 'delete', 'grace@example.com', '--yes')).status, 0);
    const unknown = await run('accounts', 'delete', 'grace@example.com', '--yes');
    assert.deepEqual(unknown, {
      status: 1,
      stdout: '',
      stderr: 'there is no account "grace@example.com"\n',
    });
    // What the person was a member of stays.
    assert.equal((await run('members', 'delete', 'grace@example.com', '--yes')).status, 0);
  });

  test('on the store, once the server has stopped', async () => {
    server.signal('SIGTERM');
    await server.exited;
    assert.equal(existsSync(join(place.dataDir, 'server.json')), false);

    const made = await colloquy(['personas', 'create', 'helper', '--prompt-file', '-', '--json'], {
      env,
      cwd: place.dataDir,
      input: 'You help.\n',
    });
    assert.equal(made.status, 0, made.stderr);
    const persona = JSON.parse(made.stdout);
    assert.deepEqual([persona.alias, persona.active_version, persona.next_version], ['helper', 1, null]);
    const versions = await json('personas', 'versions', 'helper');
    assert.equal((versions.data as { system_prompt: string }[])[0]?.system_prompt, 'You help.\n');

    const acme = await json('organizations', 'create', 'Acme');
    const member = await json('members', 'create', 'ada@example.com', '--organization', 'Acme');
    assert.equal(member.email, 'ada@example.com');
    const { data } = await json('members', 'list');
    assert.deepEqual(
      (data as { email: string }[]).map(({ email }) => email),
      ['ada@example.com'],
    );
    const back = await json('sign-in-link', 'ada@example.com');
    assert.match(String(back.url), /^http:\/\/localhost:\d+\/console#link=/);
    const erased = await json('organizations', 'delete', 'Acme', '--yes');
    assert.equal((erased.deleted as Record<string, number>).members, 1);
    const left = (await json('organizations', 'list')).data as { id: string }[];
    assert.equal(
      left.some(({ id }) => id === acme.id),
      false,
    );
    const tested = await run('models', 'test', 'guide');
    assert.equal(tested.status, 1);
    assert.match(tested.stderr, /^only a running server tests models; start it/);
  });

  test('what was made on the store is there for the next server, which holds it against others', async () => {
    server = await spawnServer(env);
    const listed = await run('personas', 'list');
    assert.match(listed.stdout, /helper/);
    if (engine === 'sqlite') {
      await rm(join(place.dataDir, 'server.json'));
      const lost = await run('personas', 'list');
      assert.equal(lost.status, 1);
      assert.match(lost.stderr, /a server is running on .*; give its address with --url\n$/);
    }
    const found = await run('personas', 'list', '--url', server.url);
    assert.match(found.stdout, /helper/);
  });

  test('the key is sent to no one else', async () => {
    const credentials: (string | undefined)[] = [];
    const other = createServer((request, response) => {
      credentials.push(request.headers.authorization);
      response.end('{}');
    }).listen(0, '127.0.0.1');
    await once(other, 'listening');
    const url = `http://127.0.0.1:${(other.address() as AddressInfo).port}`;
    const { status, stderr } = await run('keys', 'list', '--url', url);
    other.close();
    assert.deepEqual(
      { status, stderr },
      { status: 1, stderr: `what answers at ${url} is not a Colloquy server\n` },
    );
    assert.deepEqual(credentials, [undefined]);
    const away = await run('keys', 'list', '--url', url);
    assert.equal(away.stderr, `the server at ${url} can't be reached: ECONNREFUSED\n`);
  });
});

test('a directory without data stays so', async () => {
  const { dataDir } = await emptyPlace('sqlite');
  const empty = join(dataDir, 'none');
  const { status, stderr } = await colloquy(['keys', 'list'], { env: { DATA_DIR: empty } });
  assert.equal(status, 1);
  assert.match(stderr, /^there is no Colloquy server's data in .*none; set DATA_DIR/);
  assert.equal(existsSync(empty), false);
  await rm(dataDir, { recursive: true });
});
