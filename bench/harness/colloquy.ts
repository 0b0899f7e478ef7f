/** Colloquy as its users run it: the real command line in a process of its own, set up through its admin API. */
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { findFreePort } from 'colloquy-testkit/free-port';
import { launchServer } from 'colloquy-testkit/server-process';
import { administer, adminKey } from 'colloquy-testkit/tenants';
import type { Target } from './load.ts';
import { Party, probeArguments } from './party.ts';

const startMs = 60_000;

export interface ColloquyOptions {
  /** The upstream's address, without a path. */
  readonly upstreamUrl: string;
  /** Address of a PostgreSQL database; absent for SQLite, in a directory that is removed when the process ends. */
  readonly databaseUrl?: string;
  readonly environment?: Readonly<Record<string, string>>;
  /** Root of the checkout whose server is started. Default: this one. */
  readonly checkout?: string | undefined;
  /** Fills the store while the server is down: the server is stopped after its first start and started again. */
  seed?(home: Home): Promise<void>;
}

/** Ids of the things that were set up, and the place of the store. */
export interface Home {
  readonly organizationId: string;
  readonly modelId: string;
  readonly personaId: number;
  readonly storage:
    | { readonly engine: 'sqlite'; readonly path: string }
    | { readonly engine: 'postgres'; readonly url: string };
}

export interface Colloquy extends AsyncDisposable {
  readonly party: Party;
  readonly target: Target;
  readonly home: Home;
  /** Sets the window of the one model, in tokens. */
  setContextWindow(tokens: number): Promise<void>;
}

type AdminCall = <T>(method: 'POST' | 'PUT' | 'PATCH', path: string, body?: object) => Promise<T>;

export async function startColloquy(options: ColloquyOptions): Promise<Colloquy> {
  const dataDir = await mkdtemp(join(tmpdir(), 'colloquy-bench-'));
  const port = await findFreePort();
  const base = `http://127.0.0.1:${port}`;
  const environment = {
    HOST: '127.0.0.1',
    PORT: String(port),
    DATA_DIR: dataDir,
    COLLOQUY_ADMIN_KEY: adminKey,
    COLLOQUY_SECRET: randomBytes(24).toString('hex'),
    COLLOQUY_LOCAL_MODEL: 'off',
    LOG_LEVEL: 'warn',
    SHUTDOWN_GRACE_MS: '1000',
    ...(options.databaseUrl === undefined ? {} : { DATABASE_URL: options.databaseUrl }),
    ...options.environment,
  };
  let party: Party | undefined;
  const start = async (): Promise<Party> => {
    const child = launchServer(environment, {
      execArguments: probeArguments,
      checkout: options.checkout,
      // The working directory holds no `.env` file.
      cwd: dataDir,
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    party = new Party(child);
    await untilReady(`${base}/readyz`, () => child.exitCode);
    await untilPagesAreMade(base);
    return party;
  };
  const dispose = async (): Promise<void> => {
    await party?.[Symbol.asyncDispose]();
    await rm(dataDir, { recursive: true, force: true });
  };
  const admin: AdminCall = (method, path, body = {}) => administer(base, method, path, body);
  try {
    let running = await start();
    const { key, ...ids } = await setUp(admin, options.upstreamUrl);
    const storage: Home['storage'] =
      options.databaseUrl === undefined
        ? { engine: 'sqlite', path: join(dataDir, 'colloquy.db') }
        : { engine: 'postgres', url: options.databaseUrl };
    const home = { ...ids, storage };
    if (options.seed !== undefined) {
      await running[Symbol.asyncDispose]();
      await options.seed(home);
      running = await start();
    }
    return {
      party: running,
      target: { host: '127.0.0.1', port, headers: { 'x-api-key': key } },
      home,
      async setContextWindow(tokens) {
        await admin('PATCH', `/organizations/${home.organizationId}/models/${home.modelId}`, {
          context_window: tokens,
        });
      },
      [Symbol.asyncDispose]: dispose,
    };
  } catch (error) {
    await dispose();
    throw error;
  }
}

/** Makes an organization with one model, a persona on it, and a key with that persona as its default. */
async function setUp(
  call: AdminCall,
  upstreamUrl: string,
): Promise<{ key: string; organizationId: string; modelId: string; personaId: number }> {
  const organization = await call<{ id: string }>('POST', '/organizations', { name: 'bench' });
  const home = `/organizations/${organization.id}`;
  const model = await call<{ id: string }>('POST', `${home}/models`, {
    name: 'bench',
    provider: 'openai-compatible',
    model: 'bench',
    base_url: `${upstreamUrl}/v1`,
  });
  const persona = await call<{ id: number }>('POST', `${home}/personas`, { name: 'Bench', alias: 'bench' });
  await call('PUT', `${home}/personas/${persona.id}/next`, {
    system_prompt: 'You answer.',
    model_id: model.id,
  });
  await call('POST', `${home}/personas/${persona.id}/submit`);
  const { key } = await call<{ key: string }>('POST', `${home}/keys`, {
    name: 'bench',
    type: 'prod',
    default_persona_id: persona.id,
  });
  return { key, organizationId: organization.id, modelId: model.id, personaId: persona.id };
}

/**
 * Resolves once a server that has just started has bundled the pages for browsers, which takes seconds of CPU in a
 * process of its own that would count as the server's.
 */
export async function untilPagesAreMade(base: string): Promise<void> {
  await (await fetch(`${base}/console/ready.js`)).arrayBuffer();
}

async function untilReady(url: string, exitCode: () => number | null): Promise<void> {
  const giveUpAt = performance.now() + startMs;
  for (;;) {
    const code = exitCode();
    if (code !== null) throw new Error(`Colloquy ended with ${code} before it was ready`);
    const response = await fetch(url).catch(() => undefined);
    await response?.arrayBuffer();
    if (response?.ok) return;
    if (performance.now() > giveUpAt) throw new Error(`Colloquy is not ready after ${startMs} ms`);
    await sleep(50);
  }
}
