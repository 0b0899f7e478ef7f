/** Runs the whole server in this process, with a scripted upstream as its model and one tenant. */
import { rm } from 'node:fs/promises';
import { type Logger, pino } from 'pino';
import { catalog } from '../../server/src/catalog.ts';
import { parseConfig } from '../../server/src/config/config.ts';
import { type RunningServer, startServer } from '../../server/src/server.ts';
import type { StoreEngine } from '../../server/src/store/store.ts';
import { emptyPlace, type Place } from './place.ts';
import { serverEnvironment } from './server-environment.ts';
import { shareBundles } from './shared-bundles.ts';
import { makeTenant, type Tenant } from './tenants.ts';
import { type ScriptedUpstream, startScriptedUpstream } from './upstream/scripted-upstream.ts';

export interface TestServer extends AsyncDisposable, Tenant {
  readonly url: string;
  readonly server: RunningServer;
  readonly upstream: ScriptedUpstream;
  readonly place: Place;
  /** Starts another server on the same PostgreSQL, which ends with this one. */
  replica(): Promise<RunningServer>;
}

export interface TestServerOptions {
  readonly environment?: Record<string, string>;
  /** Whether the model makes titles for new conversations, in calls of their own. Default false. */
  readonly titles?: boolean;
  /** The server's log. Default: none. */
  readonly log?: Logger;
}

/** Starts a server in this process with one tenant, on the given engine. */
export async function startTestServer(
  engine: StoreEngine = 'sqlite',
  options: TestServerOptions = {},
): Promise<TestServer> {
  const place = await emptyPlace(engine);
  await shareBundles(place.dataDir);
  const upstream = await startScriptedUpstream();
  const { config, problems } = parseConfig(serverEnvironment(place, options.environment), catalog);
  if (config === undefined) throw new Error(JSON.stringify(problems));
  const start = (): Promise<RunningServer> =>
    startServer(config, {
      log: options.log ?? pino({ level: 'silent' }),
      backoffMs: 5,
      titles: options.titles ?? false,
    });
  const server = await start();
  const replicas: RunningServer[] = [];
  const tenant = await makeTenant(server.url, upstream);
  return {
    ...tenant,
    url: server.url,
    server,
    upstream,
    place,
    async replica() {
      const another = await start();
      replicas.push(another);
      return another;
    },
    async [Symbol.asyncDispose]() {
      for (const replica of replicas) await replica[Symbol.asyncDispose]();
      await server[Symbol.asyncDispose]();
      await upstream[Symbol.asyncDispose]();
      await rm(place.dataDir, { recursive: true, force: true });
    },
  };
}
