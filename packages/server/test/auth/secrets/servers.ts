/** Servers whose secret is a file or a variable, with a model that has sealed values. */
import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import type { TestContext } from 'node:test';
import { emptyPlace, type Place } from 'colloquy-testkit/place';
import { serverEnvironment } from 'colloquy-testkit/server-environment';
import { administer, adminKey, makeTenant, type Tenant } from 'colloquy-testkit/tenants';
import { type ScriptedUpstream, startScriptedUpstream } from 'colloquy-testkit/upstream/scripted-upstream';
import { pino } from 'pino';
import { catalog } from '../../../src/catalog.ts';
import { type Config, parseConfig } from '../../../src/config/config.ts';
import { type RunningServer, startServer } from '../../../src/server.ts';
import { openStore } from '../../../src/store/open.ts';
import { listSealedModels, readSecretFingerprint } from '../../../src/store/queries/secrets.ts';
import type { Store, StoreEngine } from '../../../src/store/store.ts';

export const providerKey = 'sk-of-the-provider-0123456789';

export interface World {
  readonly place: Place;
  readonly upstream: ScriptedUpstream;
  /** Starts a server; without COLLOQUY_SECRET its secret is a file. What it warns of is pushed to `warned`. */
  start(more?: Record<string, string>, warned?: string[]): Promise<RunningServer>;
  /** The store while no server runs on it, or beside one on PostgreSQL. */
  open(): Promise<Store>;
}

export async function makeWorld(t: TestContext, engine: StoreEngine): Promise<World> {
  const place = await emptyPlace(engine);
  const upstream = await startScriptedUpstream();
  t.after(async () => {
    await upstream[Symbol.asyncDispose]();
    await rm(place.dataDir, { recursive: true, force: true });
  });
  return {
    place,
    upstream,
    async start(more, warned = []) {
      const write = (line: string): void => {
        if (line.includes('"level":40')) warned.push(line);
      };
      return await startServer(configIn(place, more), { log: pino({ level: 'warn' }, { write }) });
    },
    open: () => openStore({ ...place, poolSize: 2, onConnectionError: () => {} }),
  };
}

export function configIn(place: Place, more: Record<string, string> = {}): Config {
  const { config, problems } = parseConfig(
    serverEnvironment(place, { COLLOQUY_SECRET: '', ...more }),
    catalog,
  );
  return config ?? assert.fail(JSON.stringify(problems));
}

/** A tenant whose model has a sealed key, header and parameter. */
export async function makeSealedTenant(url: string, upstream: ScriptedUpstream): Promise<Tenant> {
  const tenant = await makeTenant(url, upstream);
  await administer(url, 'PATCH', `/organizations/${tenant.organizationId}/models/${tenant.modelId}`, {
    api_key: providerKey,
    headers: { 'X-Team': 'a hidden team' },
    query: { v: 'a hidden version' },
  });
  return tenant;
}

/** Asks for an answer, and sees that the provider got what was sealed. */
export async function answers(url: string, { prodKey }: Tenant, upstream: ScriptedUpstream): Promise<void> {
  const before = upstream.requests.length;
  const response = await fetch(`${url}/api/chat/completion`, {
    method: 'POST',
    headers: { 'X-API-Key': prodKey, 'Content-Type': 'application/json' },
    body: JSON.stringify({ message: 'Hello' }),
  });
  assert.equal(response.status, 200, await response.text());
  const request = upstream.requests.at(-1);
  assert.equal(upstream.requests.length, before + 1);
  assert.equal(request?.headers.authorization, `Bearer ${providerKey}`);
  assert.equal(request?.headers['x-team'], 'a hidden team');
  assert.match(request?.path ?? '', /[?&]v=a(\+|%20)hidden(\+|%20)version/);
}

export async function makeToken(url: string, { prodKey }: Tenant, userId = 'ada'): Promise<string> {
  const response = await fetch(`${url}/api/chat/get_token`, {
    method: 'POST',
    headers: { 'X-API-Key': prodKey, 'Content-Type': 'application/json' },
    body: JSON.stringify({ user_id: userId }),
  });
  const { token } = (await response.json()) as { readonly token?: string };
  return token ?? assert.fail(`no token: ${response.status}`);
}

/** The status of a call with a token. */
export async function tryToken(url: string, token: string): Promise<number> {
  const response = await fetch(`${url}/chats/`, { headers: { authorization: `Bearer ${token}` } });
  await response.body?.cancel();
  return response.status;
}

// biome-ignore lint/suspicious/noExplicitAny: tests read the fields of answers.
export async function rotate(url: string, body: object = {}): Promise<{ status: number; body: any }> {
  const response = await fetch(`${url}/api/admin/secret/rotate`, {
    method: 'POST',
    headers: { authorization: `Bearer ${adminKey}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  return { status: response.status, body: await response.json() };
}

/** What is sealed, and under which secret, as the store has it. */
export async function stored({ reads }: Pick<Store, 'reads'>) {
  return { fingerprint: await readSecretFingerprint(reads), models: await listSealedModels(reads) };
}
