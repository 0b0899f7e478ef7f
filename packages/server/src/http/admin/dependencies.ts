/** What the administration's routes are given. */

import type { FastifyRequest } from 'fastify';
import type { Authenticator } from '../../auth/authenticator.ts';
import type { SecretRotation } from '../../auth/secrets/rotation.ts';
import type { ModelRecord } from '../../domain/model.ts';
import type { Examination } from '../../domain/operations/examination.ts';
import type { SearchTrial, ServerFacts, SignInFacts } from '../../domain/operations/server-facts.ts';
import type { Secrets } from '../../domain/secrets/secret-ring.ts';
import type { GenerationEngine } from '../../generation/interface.ts';
import type { FoundModel } from '../../models/advice.ts';
import type { Discovery } from '../../models/discover.ts';
import type { ModelServer } from '../../models/registry.ts';
import type { Resolve } from '../../network/guarded-agent.ts';
import type { Backups } from '../../store/backup/backups.ts';
import type { AnswerOnce } from '../dialects/answer-once.ts';
import type { Erasure } from '../end-users/erasure.ts';
import type { ReadHealth } from '../operations/health/health.ts';
import type { Refusals } from '../request/refusals.ts';
import type { PublicAddress } from '../routing/public-address.ts';
import type { Revocation } from '../streaming/revocation.ts';
import type { AdminStore } from './changes.ts';

export interface ModelTest {
  readonly ok: boolean;
  readonly latency_ms: number;
  readonly error: string | null;
  /** What would help, in a sentence. */
  readonly hint: string | null;
  /** What the model's server tells; null for models that run in this one. */
  readonly found: FoundModel | null;
}

export interface AdminDependencies {
  readonly store: AdminStore;
  readonly erasure: Erasure;
  readonly refusals: Refusals;
  readonly authenticator: Authenticator;
  readonly engine: Pick<GenerationEngine, 'cancel' | 'limiter' | 'storedLimits'>;
  readonly revocation: Revocation;
  /** Where browsers reach the server. */
  readonly publicAddress: PublicAddress;
  /** Undefined where no server runs. */
  readonly answerOnce?: AnswerOnce;
  /** Undefined where no server runs, or it makes none. */
  readonly backups?: Pick<Backups, 'start'>;
  /** How the server is. */
  readonly health: ReadHealth;
  /** Looks at what stands between browsers and the server; undefined where no server runs. */
  examine?(options: { readonly url: URL; readonly silenceSeconds: number }): Promise<Examination>;
  /** What the environment has set. */
  readonly serverFacts: ServerFacts;
  /** How people sign in; undefined where no server runs. */
  readonly signInFacts?: (request: FastifyRequest) => SignInFacts;
  /** Searches the web by the server's engine; undefined where no server runs. */
  trySearch?(query: string): Promise<SearchTrial>;
  /** Encrypt the providers' keys. */
  readonly secrets: Secrets;
  /** Undefined where the secret can't be replaced. */
  readonly rotation?: SecretRotation;
  /** Calls a model for a few tokens, and looks at its server. */
  testModel(model: ModelRecord): Promise<ModelTest>;
  /** Looks for a provider's API and its list of models. `isGuarded`: it may not be at a private address. */
  discoverModels(
    server: ModelServer,
    options: { readonly isGuarded: boolean; readonly timeoutMs: number },
  ): Promise<Discovery>;
  /** Resolves the host of a `base_url`. The default is the operating system's resolver. */
  readonly resolve?: Resolve;
  /** Epoch milliseconds. */
  now(): number;
}
