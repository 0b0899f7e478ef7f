/** Replaces the secret of a server. */
import { every } from '../../concurrency/every.ts';
import {
  changeSecret,
  forgetPreviousSecrets,
  makeSecret,
  readPreviousSecrets,
  readSecretFile,
  secretPath,
} from '../../config/secrets.ts';
import { AppError, invalid } from '../../domain/errors.ts';
import { newId } from '../../domain/ids.ts';
import type { RotationOutcome, SecretSource } from '../../domain/secrets/rotation.ts';
import { SecretRing } from '../../domain/secrets/secret-ring.ts';
import type { Resealed, ResealModels } from '../../store/commands/secrets.ts';
import type { Store } from '../../store/store.ts';
import { countOthers, type OpenedSecrets } from './open-secrets.ts';

export interface RotationRequest {
  /** The new secret. Default: one is made. */
  readonly secret?: string | undefined;
  /** Whether tokens that were signed until now are refused from now on. */
  readonly endsTokens: boolean;
}

export interface Rotated extends Pick<Resealed, 'changed' | 'unreadable' | 'webhooks'> {
  readonly outcome: RotationOutcome;
  readonly source: SecretSource;
}

/** Runs the command `resealModels`. */
type Reseal = (args: ResealModels) => Promise<Resealed>;

export interface SecretRotation {
  /**
   * Where the secret is a file: replaces it, keeps it as an earlier one, and seals anew what is stored. Where it is
   * COLLOQUY_SECRET: seals anew what an earlier secret has sealed. It can be killed at any point, and be called again.
   * @throws AppError conflict, invalid_request (secret, end_tokens)
   */
  rotate(request: RotationRequest, reseal: Reseal): Promise<Rotated>;
}

export interface RotationOptions {
  /** Its ring is replaced. */
  readonly secrets: OpenedSecrets;
  readonly dataDir: string;
  readonly store: Pick<Store, 'engine' | 'reads' | 'execute'>;
  /** How many of the servers that have a lease on the store are this process. */
  readonly own: 0 | 1;
}

/** Two processes that change one data directory would each lose the other's secret. */
const job = 'rotate-secret';
const leaseMs = 5_000;
const renewalMs = 1_500;

export function createSecretRotation({ secrets, dataDir, store, own }: RotationOptions): SecretRotation {
  const holder = newId();
  const hold = (forMs: number) => store.execute('takeJob', { name: job, holder, leaseMs: forMs });
  let isUnderWay = false;

  async function alone<Result>(work: () => Promise<Result>): Promise<Result> {
    const busy = new AppError('conflict', 'the secret is being replaced; try again in some seconds');
    if (isUnderWay) throw busy;
    isUnderWay = true;
    try {
      // On SQLite no other process has the store.
      if (store.engine === 'sqlite') return await work();
      if (!(await hold(leaseMs)).isTaken) throw busy;
      // A renewal that fails only leaves the lease to end.
      const renewal = every(
        renewalMs,
        () => hold(leaseMs),
        () => undefined,
      );
      try {
        return await work();
      } finally {
        await renewal[Symbol.asyncDispose]();
        await hold(0).catch(() => undefined);
      }
    } finally {
      isUnderWay = false;
    }
  }

  async function rotateFile({ secret, endsTokens }: RotationRequest, reseal: Reseal): Promise<Rotated> {
    const { ring } = secrets;
    const path = secretPath(dataDir);
    const others = await countOthers(store, own);
    if (others > 0) {
      throw new AppError(
        'conflict',
        `${others === 1 ? 'another server runs' : `${others} other servers run`} on the database, which would not have the new secret; stop them, or give all of them COLLOQUY_SECRET`,
      );
    }
    if ((await readSecretFile(path)) !== ring.current) {
      throw new AppError('conflict', `${path} was changed since the server started; start it again first`);
    }
    const inFile = await readPreviousSecrets(dataDir);
    if (endsTokens && ring.previous.some((one) => !inFile.includes(one))) {
      throw invalid(
        'end_tokens',
        'end_tokens must be false while COLLOQUY_SECRET_PREVIOUS is set, whose tokens are valid',
      );
    }
    if (secret === ring.current) throw invalid('secret', 'secret must be another one than the present one');
    const current = secret ?? makeSecret();
    const earlier = [ring.current, ...ring.previous];
    await changeSecret(dataDir, current, [ring.current, ...inFile]);
    secrets.ring = new SecretRing({ current, [endsTokens ? 'retired' : 'previous']: earlier });
    const resealed = await reseal({ secrets: secrets.ring.secrets, isLost: false });
    if (endsTokens) await forgetPreviousSecrets(dataDir);
    return { ...resealed, outcome: 'rotated', source: 'file' };
  }

  async function sealAnew({ secret, endsTokens }: RotationRequest, reseal: Reseal): Promise<Rotated> {
    if (secret !== undefined) {
      throw invalid('secret', 'secret must be absent: the server has it from COLLOQUY_SECRET, which you set');
    }
    if (endsTokens) {
      throw invalid(
        'end_tokens',
        'end_tokens must be false: tokens end once their secret is not in COLLOQUY_SECRET_PREVIOUS',
      );
    }
    const resealed = await reseal({ secrets: secrets.ring.secrets, isLost: false });
    const isChanged = resealed.isAnother || resealed.changed + resealed.webhooks.changed > 0;
    return { ...resealed, outcome: isChanged ? 'resealed' : 'unchanged', source: 'variable' };
  }

  return {
    rotate: (request, reseal) =>
      alone(() => (secrets.source === 'file' ? rotateFile(request, reseal) : sealAnew(request, reseal))),
  };
}
