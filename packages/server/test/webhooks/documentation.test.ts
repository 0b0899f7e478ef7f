/** The receiver of the documentation, as it stands there, takes what is genuine, once, and nothing else. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { findFreePort } from 'colloquy-testkit/free-port';
import { webhookEvents } from '../../src/domain/webhooks/webhook.ts';
import { generateWebhookSecret, signedHeaders } from '../../src/webhooks/signature.ts';
import { startSenderHarness } from './senders.ts';

const page = await readFile(new URL('../../../../docs/webhooks.md', import.meta.url), 'utf8');
const code = /```js\n(.+?)```/s.exec(page)?.[1] ?? '';
const secret = generateWebhookSecret();

let url = '';
let stop = async (): Promise<void> => {};
const lines: string[] = [];
before(async () => {
  const folder = await mkdtemp(join(tmpdir(), 'colloquy-receiver-'));
  await writeFile(join(folder, 'receiver.mjs'), code);
  const port = await findFreePort();
  const child = spawn(process.execPath, ['receiver.mjs'], {
    cwd: folder,
    env: { WEBHOOK_SECRET: secret, PORT: String(port) },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  createInterface(child.stdout).on('line', (line) => lines.push(line));
  url = `http://127.0.0.1:${port}/`;
  while (
    !(await fetch(url).then(
      () => true,
      () => false,
    ))
  )
    await sleep(20);
  stop = async () => {
    child.kill();
    await once(child, 'exit');
    await rm(folder, { recursive: true, force: true });
  };
});
after(() => stop());

async function send(headers: Readonly<Record<string, string>>, body: string): Promise<number> {
  return (await fetch(url, { method: 'POST', headers, body })).status;
}

test('it refuses what is not genuine, and what is old', async () => {
  const body = '{"type":"user.erased"}';
  const now = Date.now();
  const signed = signedHeaders(secret, { id: 'msg_a', epochMs: now, body });
  assert.equal(await send(signed, `${body} `), 401);
  assert.equal(await send({ ...signed, 'webhook-id': 'msg_b' }, body), 401);
  assert.equal(await send({}, body), 401);
  const other = signedHeaders(generateWebhookSecret(), { id: 'msg_a', epochMs: now, body });
  assert.equal(await send(other, body), 401);
  assert.equal(await send(signedHeaders(secret, { id: 'msg_a', epochMs: now - 301_000, body }), body), 401);
  const both = `${other['webhook-signature']} ${signed['webhook-signature']}`;
  assert.equal(await send({ ...signed, 'webhook-signature': both }, '{"type":"user.erased"}'), 204);
});

test('it takes what the server sends, and the same message once', async () => {
  await using harness = await startSenderHarness('sqlite');
  const webhook = await harness.webhook({ url, secret });
  await harness.happen();
  harness.start();
  assert.equal((await harness.attempted(1))[0]?.outcome, 'delivered');
  const [delivery] = await webhook.deliveries();
  const resend = { organizationId: harness.organizationId, webhookId: webhook.id, id: delivery?.id ?? '' };
  await harness.place.store.execute('resendDelivery', resend);
  assert.equal((await harness.attempted(2))[1]?.outcome, 'delivered');
  assert.equal(lines.filter((line) => line.includes('conversation.deleted')).length, 1);
});

test('the page has every event, and no other', () => {
  const rows = [...page.matchAll(/^\| `([a-z]+\.[a-z]+)` \|/gm)].map(([, name]) => name);
  assert.deepEqual(rows, webhookEvents);
});
