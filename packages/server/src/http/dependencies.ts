/** What the HTTP side is given; `server.ts` composes it. */
import type { FastifyBaseLogger } from 'fastify';
import type { Registry } from 'prom-client';
import type { Authenticator } from '../auth/authenticator.ts';
import type { BrowserBundles } from '../bundles/browser-bundles.ts';
import type { Bus } from '../bus/bus.ts';
import type { LoadWatch } from '../concurrency/load/load-watch.ts';
import type { ServerFacts } from '../domain/operations/server-facts.ts';
import type { UnknownParameters } from '../domain/request/openai-parameters.ts';
import type { AdministeredEngine } from '../generation/engine-at-rest.ts';
import type { GenerationEngine } from '../generation/interface.ts';
import type { Store } from '../store/store.ts';
import type { Tracing } from '../tracing/tracing.ts';
import type { AdminDependencies } from './admin/dependencies.ts';
import type { DialectRegistry } from './dialects/registry.ts';
import type { LocalModelReading } from './operations/health/health.ts';
import type { ProviderReadings } from './operations/health/provider-readings.ts';
import type { Readiness } from './operations/health-routes.ts';
import type { AnonymousAccess } from './request/anonymous.ts';
import type { SignInSettings } from './sign-in/compose.ts';
import type { SseHubOptions } from './streaming/sse.ts';

/** What the administration alone is given. */
export interface AdminAppDependencies
  extends Pick<HttpDependencies, 'store' | 'authenticator' | 'log' | 'now'> {
  readonly engine: AdministeredEngine;
  readonly admin: Pick<
    AdminDependencies,
    'secrets' | 'rotation' | 'testModel' | 'discoverModels' | 'health' | 'publicAddress' | 'serverFacts'
  >;
}

export interface HttpDependencies {
  readonly store: Store;
  readonly engine: GenerationEngine;
  /** Tells other servers of revocations. Default: there are none. */
  readonly bus?: Bus;
  readonly authenticator: Authenticator;
  /** Gets no credential and no query string: requests are logged by their routes. */
  readonly log: FastifyBaseLogger;
  readonly version: string;
  readonly anonymous?: AnonymousAccess;
  /** A list of CIDR networks of proxies whose `X-Forwarded-…` headers are believed. Default: none. */
  readonly trustedProxies?: readonly string[];
  /** The path below which clients see the server, such as `/chat`. Default: none. */
  readonly basePath?: string;
  /** False while draining; `/readyz` is 503 then. */
  isAccepting(): boolean;
  isReady(): Promise<Readiness>;
  /** What the administration needs besides; without it there is none. */
  readonly admin?: Pick<
    AdminDependencies,
    'secrets' | 'rotation' | 'testModel' | 'discoverModels' | 'resolve' | 'backups' | 'examine' | 'trySearch'
  > & {
    /** Default: nothing is set. */
    readonly serverFacts?: ServerFacts;
  };
  /** The pages for browsers; without them there is no console. */
  readonly browserBundles?: Partial<BrowserBundles>;
  /** How people sign in to the console; by a password alone otherwise. There is none without `admin`. */
  readonly signIn?: SignInSettings;
  /** The directory whose disk `/api/admin/health` tells of. */
  readonly dataDir?: string;
  /** How providers have done of late; without them their times are not known. */
  readonly providers?: Pick<ProviderReadings, 'read'>;
  /** The local model of the environment. */
  readonly localModel?: () => LocalModelReading;
  /** Metrics of the other parts; one of its own otherwise. */
  readonly registry?: Registry;
  /** Makes a span of each request; without it there are none. */
  readonly tracing?: Tracing;
  /** Whether the process keeps up; without it nothing is refused for that. */
  readonly load?: LoadWatch;
  /** What becomes of parameters that OpenAI's API does not have. Default: they are refused. */
  readonly unknownParameters?: UnknownParameters;
  /** The dialects that it speaks; all of them otherwise. */
  readonly dialects?: DialectRegistry;
  readonly sse?: SseHubOptions;
  /** How long a client may take nothing of what waits for it. Default: a minute. */
  readonly stalledMs?: number;
  /** Epoch milliseconds. */
  readonly now?: () => number;
}
