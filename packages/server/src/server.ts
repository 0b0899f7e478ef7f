/** The composition root: from a configuration to a server that listens. */
import { readFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { resolve } from 'node:path';
import { createAuthenticator } from './auth/authenticator.ts';
import { createSecretRotation } from './auth/secrets/rotation.ts';
import { type BrowserBundles, createBrowserBundles } from './bundles/browser-bundles.ts';
import { watchLoad } from './concurrency/load/load-watch.ts';
import { lossCauses } from './concurrency/worker-link.ts';
import type { Config } from './config/config.ts';
import { lookupEnv, plainEnvironment } from './config/env.ts';
import { announceServer } from './config/server-file.ts';
import { longestConnectMs } from './domain/model.ts';
import { describeAnonymous, findAnonymousAccess } from './first-start/anonymous-access.ts';
import { describeAnswering } from './first-start/answering-model.ts';
import { browserAddress, consoleAddress } from './first-start/console-address.ts';
import { prepareFirstStart } from './first-start/first-start.ts';
import { toEntries } from './first-start/offered-models.ts';
import { listRemoteOffers } from './first-start/remote-offers.ts';
import { Engine } from './generation/engine.ts';
import { createApp } from './http/app.ts';
import { openApiDocument } from './http/openapi/document.ts';
import { extractionMetrics } from './http/operations/extraction-metrics.ts';
import { generationMetrics } from './http/operations/generation-metrics.ts';
import { createProviderReadings } from './http/operations/health/provider-readings.ts';
import { createRegistry } from './http/operations/metrics.ts';
import { storeMetrics } from './http/operations/store-metrics.ts';
import { webhookMetrics } from './http/operations/webhook-metrics.ts';
import { openIdentities } from './identities.ts';
import { checkAddress, toAddressError } from './lifecycle/listening-address.ts';
import { createLog, type Logger, logDelivery, logEnded, logLoad, logLostExtraction } from './log.ts';
import { discoverModels } from './models/discover.ts';
import { documentationRoot, loadGuideDocuments } from './models/guide/documents.ts';
import { createGuide } from './models/guide/guide.ts';
import { operationSections } from './models/guide/operations.ts';
import { loadSettings } from './models/guide/settings.ts';
import { type LocalModelOptions, startLocalModel } from './models/local/local-model.ts';
import { localProgressNotice } from './models/local/progress-notice.ts';
import { environmentProviders, isKnownAddress } from './models/providers/registry.ts';
import { ModelRegistry } from './models/registry.ts';
import { testStoredModel } from './models/test-stored-model.ts';
import { createTokenCounter } from './models/token-count.ts';
import {
  createUpstreamDispatcher,
  maxUpstreamHeaderBytes,
  upstreamKeepAliveMs,
} from './models/upstream/dispatcher.ts';
import { createAddressGuard } from './network/address-guard.ts';
import { createGuardedAgent } from './network/guarded-agent.ts';
import { createProxies, destinationOf } from './network/proxies.ts';
import { busNotice, openBus, problemOf } from './open-bus.ts';
import { trySearch } from './research/engines/try-search.ts';
import { createResearcher } from './research/research.ts';
import { toServerFacts } from './server-facts.ts';
import { startSecrets } from './server-secrets.ts';
import { startTracing } from './start-tracing.ts';
import { createBackups } from './store/backup/backups.ts';
import { watchAvailability } from './store/observation/availability.ts';
import { observedStore } from './store/observation/observed-store.ts';
import { openStore } from './store/open.ts';
import { startRetention } from './store/retention/retention.ts';
import type { Store } from './store/store.ts';
import { tracedCommands } from './tracing/traced-commands.ts';
import { tracedModels } from './tracing/traced-models.ts';
import { startUpkeep } from './upkeep.ts';
import { startWebhookSender } from './webhooks/sender.ts';

/** What a caller may hand in instead of the program's own. */
export interface ServerOverrides {
  readonly log?: Logger;
  /** Where a progress bar may be drawn. */
  readonly terminal?: LocalModelOptions['terminal'];
  readonly lookupEnvironment?: (name: string) => string | undefined;
  readonly namedSource?: LocalModelOptions['namedSource'];
  /** The first back-off of a model call, in milliseconds. */
  readonly backoffMs?: number;
  /** Whether models name new conversations. Default true. */
  readonly titles?: boolean;
}

export interface RunningServer extends AsyncDisposable {
  /** `http://<host>:<port>`, without a slash at the end. */
  readonly url: string;
  readonly store: Store;
  readonly engine: Engine;
  /** The operator's key. */
  readonly adminKey: string;
  /** The file that holds it, where the server made it. */
  readonly adminKeyPath: string | undefined;
  /** The file that holds the first API key, while that key is alive. */
  readonly firstKeyPath: string | undefined;
  /** The console; while no operator has an account, with the token that makes one. */
  readonly consoleAddress: string;
  /** Sentences about the model that answers the first call. */
  readonly answering: readonly string[];
  /** A sentence about who is answered without a credential; absent where nobody is. */
  readonly anonymousNotice: string | undefined;
  /** What to tell a person about the local model, if there is something. */
  readonly localModelNotice: string | undefined;
  /** Which proxy is used for what, in a sentence without credentials; undefined: there is none. */
  readonly proxyNotice: string | undefined;
  /** What to tell of several servers on this database; undefined where all is well, or there is one. */
  readonly busNotice: string | undefined;
  /** The pages for browsers, made when `prepare` is called, or when one is first asked for. */
  readonly browserBundles: BrowserBundles;
  /** Resolves once the local model is ready, has failed, or is off. */
  readonly localModelSettled: Promise<unknown>;
  /** Takes no more turns and waits up to `graceMs` for the running ones. */
  drain(graceMs: number): Promise<void>;
}

const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
  readonly version: string;
};

/** The environment variables of which one is enough for a real model. */
const modelVariables = [
  ...environmentProviders.flatMap(({ variables }) => variables.apiKey ?? variables.baseUrl ?? []),
  'COLLOQUY_LOCAL_MODEL',
];

export async function startServer(config: Config, overrides: ServerOverrides = {}): Promise<RunningServer> {
  await using cleanup = new AsyncDisposableStack();
  const log = overrides.log ?? createLog(config.logLevel, config.logFormat);
  const dataDir = resolve(config.dataDir);
  await checkAddress(config);
  const lookupEnvironment = overrides.lookupEnvironment ?? lookupEnv;
  const registry = createRegistry();
  const storeCounts = storeMetrics(registry);
  const opened = cleanup.use(
    await openStore({
      dataDir,
      databaseUrl: config.databaseUrl,
      poolSize: config.databasePoolSize,
      onConnectionError: (error) => log.warn({ err: error }, 'a database connection broke'),
      onUpkeepError: (error) =>
        log.warn({ err: error }, 'what erased data left in the database file could not be removed; retrying'),
    }),
  );
  const tracing = config.tracing && cleanup.use(await startTracing(config.tracing, version, log));
  const counted = observedStore(opened, storeCounts.aroundCommand);
  const availability = watchAvailability(opened);
  const watched = observedStore(counted, availability.aroundCommand);
  const store =
    tracing === undefined ? watched : observedStore(watched, tracedCommands(opened.engine, tracing));
  cleanup.use(startUpkeep({ store, auditDays: config.auditDays, log }));
  const { secrets, stale, adminKey, adminKeyPath } = await startSecrets({ ...config, dataDir }, store, log);
  const proxies = createProxies(config.proxies);
  if (proxies !== undefined) log.info({}, proxies.description);
  // A model may have a longer time limit of its own.
  const connectMs = Math.max(config.modelTimeouts.connectMs, longestConnectMs);
  const dispatcher = createUpstreamDispatcher({ connectMs, proxies });
  cleanup.defer(() => dispatcher.destroy());
  const guarded = createGuardedAgent({
    guard: createAddressGuard({ ports: 'any' }),
    connectMs,
    proxies,
    keepAliveMs: upstreamKeepAliveMs,
    maxHeaderBytes: maxUpstreamHeaderBytes,
  });
  cleanup.defer(() => guarded.destroy());
  const tokens = createTokenCounter();
  const local = cleanup.use(
    startLocalModel({
      choice: config.localModel,
      dataDir,
      logger: log,
      proxies,
      runtime: { timeouts: config.modelTimeouts, environment: plainEnvironment() },
      ...(overrides.terminal === undefined ? {} : { terminal: overrides.terminal }),
      ...(overrides.namedSource === undefined ? {} : { namedSource: overrides.namedSource }),
    }),
  );
  let openApi = (): object => ({});
  const guide = createGuide({
    documents: async () => [
      ...(await loadGuideDocuments([documentationRoot])),
      ...(await loadSettings(documentationRoot)),
    ],
    operations: () => operationSections(openApi()),
    variables: modelVariables,
    progress: () => localProgressNotice(local),
  });
  const models = cleanup.use(
    new ModelRegistry({
      remote: {
        dispatcher,
        isProxied: proxies && ((url) => proxies.find(destinationOf(url)) !== undefined),
        timeouts: config.modelTimeouts,
        maxRetries: config.modelMaxRetries,
        countTokens: tokens.countTokens,
        backoffMs: overrides.backoffMs,
        logger: log,
      },
      guarded,
      local,
      guide,
      logger: log,
      environment: plainEnvironment(),
      openKey: (sealed, recordId) => secrets.ring.open(sealed, recordId),
      lookupEnvironment,
      learn({ organizationId, id, updatedAt }, facts) {
        store
          .execute('learnAboutModel', { organizationId, id, updatedAt, facts, now: Date.now() })
          .catch((error: unknown) => log.warn({ err: error, model: id }, 'a learnt fact could not be kept'));
      },
    }),
  );
  const remoteOffers = await listRemoteOffers(config, dispatcher);
  for (const { problem } of remoteOffers) {
    if (problem !== undefined) log.warn({ problem }, 'a provider offers no list of models');
  }
  const follow = async (): Promise<void> => {
    await store.execute('followEnvironment', { models: toEntries(remoteOffers, local), now: Date.now() });
  };
  const firstKeyPath = await prepareFirstStart(store, dataDir, local, remoteOffers, log);
  await follow();
  const followed = local.settled
    .then(async (status) => {
      if (status.state === 'ready') await follow();
    })
    .catch((error: unknown) => log.error({ err: error }, 'the local model could not be offered'));
  // A vocabulary is only needed where a provider may leave out the usage; it is read without haste.
  if (Object.keys(config.providers).length > 0) {
    void tokens.load().catch((error: unknown) => log.warn({ err: error }, 'the tokenizer could not be read'));
  }

  const lostExtractions = extractionMetrics(registry, lossCauses);
  const researcher = cleanup.use(
    createResearcher({
      settings: config.search,
      proxies,
      onProblem: (problem) =>
        log.info({ problem }, 'a step of the research failed; the answer continues without it'),
      onLost(loss) {
        logLostExtraction(log, loss);
        lostExtractions.count(loss.cause);
      },
    }),
  );
  const load = cleanup.use(
    watchLoad({ bounds: config.overload, onChange: (level, sample) => logLoad(log, level, sample) }),
  );
  const metrics = generationMetrics(registry);
  const providers = createProviderReadings(Date.now);
  const bus = cleanup.use(await openBus(config, store, log));
  const engine = cleanup.use(
    await Engine.start({
      store,
      models: tracing === undefined ? models : tracedModels(models, tracing),
      researcher,
      ...(tracing && { tracing }),
      bus,
      leaseMs: config.leaseMs,
      ephemeral: config.ephemeral,
      titles: overrides.titles ?? config.titles,
      summaries: config.summaries,
      log,
      admitTurn: load.admitTurn,
      onCommitted: storeCounts.committed,
      onEnded: (ended) => {
        logEnded(log, ended);
        metrics.count(ended);
        providers.count(ended);
      },
    }),
  );
  cleanup.use(
    startRetention({
      store,
      settle: () => engine.settleBeforeDelete([]),
      onError: (error) =>
        log.warn({ err: error }, 'old conversations could not be deleted; the next try follows shortly'),
    }),
  );
  const deliveries = webhookMetrics(registry);
  cleanup.use(
    startWebhookSender({
      store,
      openSecret: (sealed, webhookId) => secrets.ring.open(sealed, webhookId),
      guarded,
      dispatcher,
      onAttempt(attempt) {
        logDelivery(log, attempt);
        deliveries.count(attempt);
      },
      onError: (error) =>
        log.warn({ err: error }, 'something could not be delivered to a webhook; the next try follows'),
    }),
  );
  const { identityProvider, openId } = cleanup.use(openIdentities(config, secrets, proxies));
  const authenticator = cleanup.use(
    createAuthenticator({
      store,
      secrets,
      adminKey,
      tokenTtlSeconds: config.tokenTtlSeconds,
      identityProvider,
    }),
  );
  const backups = cleanup.use(
    createBackups({
      store,
      place: { dataDir, databaseUrl: config.databaseUrl },
      onEnd: ({ file, bytes, error }) =>
        error === null
          ? log.info({ file, bytes }, 'a backup was made')
          : log.warn({ file, problem: error }, 'a backup failed'),
      onError: (error) => log.warn({ err: error }, 'what belongs to a backup could not be stored'),
    }),
  );
  const anonymous = await findAnonymousAccess(store, config);
  const browserBundles = createBrowserBundles({ dataDir, log });
  for (const bundle of Object.values(browserBundles)) cleanup.use(bundle);
  const app = createApp({
    browserBundles,
    store,
    engine,
    bus,
    authenticator,
    log,
    version,
    registry,
    providers,
    localModel: () => ({ name: local.name, bytes: local.bytes(), ...local.status() }),
    load,
    dataDir,
    ...(tracing && { tracing }),
    trustedProxies: config.trustedProxies,
    basePath: config.basePath,
    unknownParameters: config.unknownParameters,
    ...(anonymous === undefined ? {} : { anonymous }),
    signIn: { ...config.signIn, openId },
    isAccepting: () => engine.isAccepting,
    async isReady() {
      const { state, percent } = local.status();
      const { ready, problems } = await availability.look();
      const others = [ready ? await stale() : undefined, problemOf(bus)];
      return {
        ready,
        problems: [...problems, ...others.filter((problem) => problem !== undefined)],
        models: { local: { state, percent } },
      };
    },
    admin: {
      serverFacts: toServerFacts({ ...config, titles: overrides.titles ?? config.titles }),
      trySearch: (query) => trySearch(researcher.engine, query),
      secrets,
      rotation: createSecretRotation({ secrets, dataDir, store, own: 1 }),
      backups,
      async examine(wanted) {
        const { examine } = await import('./doctor/doctor.ts');
        return examine({ ...wanted, proxies });
      },
      testModel: (record) => testStoredModel(models, record),
      discoverModels(server, { isGuarded, timeoutMs }) {
        const connections = isGuarded && !isKnownAddress(server.baseUrl) ? guarded : dispatcher;
        return discoverModels({ ...server, dispatcher: connections, timeoutMs });
      },
    },
  });
  openApi = () => openApiDocument(app);
  cleanup.defer(() => app.close());
  await app.listen({ host: config.host, port: config.port }).catch((error: unknown) => {
    throw toAddressError(error, config);
  });
  const { port } = app.server.address() as AddressInfo;
  const url = `http://${config.host.includes(':') ? `[${config.host}]` : config.host}:${port}`;
  // With its secrets in the environment, a server on PostgreSQL does without a directory that it can write to.
  const announced = await announceServer(dataDir, url).catch((error: unknown) =>
    log.info({ err: error }, 'commands on this machine need --url, since the address could not be written'),
  );
  if (announced !== undefined) cleanup.use(announced);
  const owned = cleanup.move();
  return {
    url,
    store,
    engine,
    adminKey,
    adminKeyPath,
    firstKeyPath,
    consoleAddress: await consoleAddress(store, browserAddress(config, port), Date.now()),
    answering: await describeAnswering(store, remoteOffers, local, modelVariables),
    anonymousNotice: describeAnonymous(anonymous),
    localModelNotice: localProgressNotice(local),
    proxyNotice: proxies?.description,
    busNotice: busNotice(bus, store),
    browserBundles,
    localModelSettled: followed,
    drain: (graceMs) => engine.drain(graceMs),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}
