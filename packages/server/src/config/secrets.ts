/** Secrets that are made on the first start and kept in the data directory, readable only by their owner. */
import { randomBytes } from 'node:crypto';
import { type FileHandle, link, mkdir, open, rename, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { SecretSource } from '../domain/secrets/rotation.ts';
import type { Config } from './config.ts';

/** A secret's file can't be used. The message says which file, and what to do. */
export class SecretFileError extends Error {
  constructor(message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = 'SecretFileError';
  }
}

export interface StoredSecret {
  readonly value: string;
  readonly path: string;
  /** Whether this call has made it. */
  readonly isNew: boolean;
}

export interface ServerSecret {
  /** Signs tokens and encrypts provider keys. */
  readonly secret: string;
  readonly source: SecretSource;
  /** Earlier secrets, the newest first, which only verify and decrypt. */
  readonly previous: readonly string[];
}

export interface AdminKey {
  /** The operator's key. */
  readonly adminKey: string;
  /** The file that holds the operator's key; absent where the environment holds it. */
  readonly adminKeyPath: string | undefined;
}

/** Tells the operator, in a sentence, of what is unusual but works. */
type Warn = (sentence: string) => void;

const ignore: Warn = () => undefined;

type RandomSource = (bytes: number) => Buffer;

/** What the files may hold. A file that was cut, or that lost its blocks when the power went, has not that shape. */
const shapes: Readonly<Record<string, RegExp>> = {
  secret: /^\P{Cc}{16,}$/u,
  'admin-key': /^sk_admin_[!-~]{16,}$/,
  'first-key': /^sk_prod_[\w-]{16,}$/,
};

/** 256 bits as base64url. */
export function makeSecret(random: RandomSource = randomBytes): string {
  return random(32).toString('base64url');
}

/** `sk_admin_` and 256 bits as base64url. */
export function makeAdminKey(random: RandomSource = randomBytes): string {
  return `sk_admin_${makeSecret(random)}`;
}

const secretFile = 'secret';
/** A secret on each line, the newest first. */
const previousFile = 'secret.previous';

export function secretPath(dataDir: string): string {
  return join(dataDir, secretFile);
}

/**
 * The secret of the variable, else of the data directory, where one is made if it may be.
 * @throws SecretFileError
 */
export async function loadSecret(
  config: Pick<Config, 'dataDir' | 'secret' | 'previousSecrets'>,
  { warn = ignore, mayMake }: { readonly warn?: Warn; readonly mayMake: boolean },
): Promise<ServerSecret> {
  const { dataDir, secret, previousSecrets } = config;
  if (secret !== undefined) return { secret, source: 'variable', previous: previousSecrets };
  if (!mayMake && (await readSecretFile(secretPath(dataDir))) === undefined) {
    throw new SecretFileError(
      `${secretPath(dataDir)} is missing: the data belong to a secret; put its file there, or set COLLOQUY_SECRET to it (colloquy secrets reset, if it is lost)`,
    );
  }
  const { value } = await loadOrCreateSecret(dataDir, secretFile, makeSecret, warn);
  const previous = [...(await readPreviousSecrets(dataDir)), ...previousSecrets];
  return { secret: value, source: 'file', previous };
}

/** The operator's key of the variable, else of the data directory, where one is made if need be. @throws SecretFileError */
export async function loadAdminKey(
  config: Pick<Config, 'dataDir' | 'adminKey'>,
  warn: Warn = ignore,
): Promise<AdminKey> {
  if (config.adminKey !== undefined) return { adminKey: config.adminKey, adminKeyPath: undefined };
  const adminKey = await loadOrCreateSecret(config.dataDir, 'admin-key', makeAdminKey, warn);
  return { adminKey: adminKey.value, adminKeyPath: adminKey.path };
}

/** The secrets of before the one in the data directory, the newest first. @throws SecretFileError */
export async function readPreviousSecrets(dataDir: string): Promise<readonly string[]> {
  const path = join(dataDir, previousFile);
  const secrets = (await readSecretFile(path))?.split(/\r?\n/) ?? [];
  if (secrets.every((secret) => shapes[secretFile]?.test(secret))) return secrets;
  throw new SecretFileError(
    `${path} is not whole: each line has to be a secret of before; restore it from a backup, or delete it, which ends the tokens of these secrets`,
  );
}

/**
 * Puts another secret into the data directory. The one of before is kept beside it first, so that no moment is without
 * one of the two.
 * @throws SecretFileError
 */
export async function changeSecret(
  dataDir: string,
  secret: string,
  previous: readonly string[],
): Promise<void> {
  const earlier = [...new Set(previous)].filter((one) => one !== secret);
  await replaceSecret(dataDir, previousFile, earlier.join('\n'));
  await replaceSecret(dataDir, secretFile, secret);
}

/** Removes the secrets of before from the data directory. */
export async function forgetPreviousSecrets(dataDir: string): Promise<void> {
  await unlink(join(dataDir, previousFile));
  await syncDirectory(dataDir);
}

/**
 * Returns the secret in `dataDir/fileName`, or a new one from `make`. Where several processes start at once, one of them
 * makes the secret and all get the same. When this resolves, a new secret survives a loss of power.
 * @throws SecretFileError for a file that others can read, that is empty or cut, or that can't be read or made
 */
export async function loadOrCreateSecret(
  dataDir: string,
  fileName: string,
  make: () => string,
  warn: Warn = ignore,
): Promise<StoredSecret> {
  const path = join(dataDir, fileName);
  const stored = await readSecretFile(path, warn);
  if (stored !== undefined && shapes[fileName]?.test(stored) === false) {
    throw new SecretFileError(
      `${path} is not whole: it was cut or changed; restore it from a backup, or delete it to have a new one made`,
    );
  }
  if (stored !== undefined) return { value: stored, path, isNew: false };
  const isNew = await write(dataDir, fileName, make(), 'keep');
  const value = await readSecretFile(path);
  if (value === undefined) throw new SecretFileError(`${path} vanished while it was made; start again`);
  return { value, path, isNew };
}

/**
 * Replaces the secret in `dataDir/fileName`, atomically and durably.
 * @throws SecretFileError
 */
export async function replaceSecret(dataDir: string, fileName: string, value: string): Promise<void> {
  await write(dataDir, fileName, value, 'replace');
}

/**
 * Reads a secret's file, without the newline at its end; undefined where there is no such file.
 * @throws SecretFileError
 */
export async function readSecretFile(path: string, warn: Warn = ignore): Promise<string | undefined> {
  try {
    await using file = await open(path, 'r');
    const warning = await assertPrivate(file, path);
    if (warning !== undefined) warn(warning);
    const value = (await file.readFile('utf8')).replace(/\r?\n$/, '');
    if (value !== '') return value;
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw asSecretFileError(error, `${path} can't be read`);
  }
  throw new SecretFileError(
    `${path} is empty; restore it from a backup, or delete it to have a new one made`,
  );
}

/**
 * Windows has no such modes; there the directory's permissions protect the file. Gives a warning where only a group of
 * this process's own may read or write the file, as Kubernetes' `fsGroup` sets it for every file of a volume.
 */
async function assertPrivate(file: FileHandle, path: string): Promise<string | undefined> {
  const { mode, gid } = await file.stat();
  if (process.platform === 'win32' || (mode & 0o077) === 0) return undefined;
  const isOwnGroup = process.getegid?.() === gid || process.getgroups?.().includes(gid) === true;
  if ((mode & 0o007) === 0 && isOwnGroup) {
    return `${path} can be read by the other members of group ${gid}; run chmod 600 ${path} if that is not meant`;
  }
  const octal = (mode & 0o777).toString(8).padStart(4, '0');
  throw new SecretFileError(
    `${path} can be read or written by other users (mode ${octal}); run chmod 600 ${path}, and replace the secret if others may have read it`,
  );
}

/** Returns false where `keep` found an existing file. */
async function write(
  dataDir: string,
  fileName: string,
  value: string,
  existing: 'keep' | 'replace',
): Promise<boolean> {
  const path = join(dataDir, fileName);
  const temporary = `${path}.${randomBytes(6).toString('hex')}.tmp`;
  try {
    await mkdir(dataDir, { recursive: true, mode: 0o700 });
    await writeDurably(temporary, `${value}\n`);
    const isNew =
      existing === 'replace' ? await replaceBy(temporary, path) : await linkIfAbsent(temporary, path);
    await syncDirectory(dataDir);
    return isNew;
  } catch (error) {
    await unlink(temporary).catch((cause) => {
      if (!hasCode(cause, 'ENOENT', 'ENOTDIR', 'EACCES', 'EROFS')) throw cause;
    });
    throw asSecretFileError(error, `${path} can't be written`);
  }
}

async function writeDurably(path: string, text: string): Promise<void> {
  await using file = await open(path, 'wx', 0o600);
  // A file system without modes must be noticed now, not on the next start.
  await assertPrivate(file, path);
  await file.writeFile(text);
  await file.sync();
}

async function replaceBy(temporary: string, path: string): Promise<true> {
  await rename(temporary, path);
  return true;
}

/** Unlike a rename, a hard link fails where the name is taken. */
async function linkIfAbsent(temporary: string, path: string): Promise<boolean> {
  try {
    await link(temporary, path);
  } catch (error) {
    if (hasCode(error, 'EEXIST')) {
      await unlink(temporary);
      return false;
    }
    // On a file system without hard links, several concurrent starts all read the secret that was written last.
    if (hasCode(error, 'EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK'))
      return await replaceBy(temporary, path);
    throw error;
  }
  await unlink(temporary);
  return true;
}

/** Makes the file's name durable. Windows can't open directories and does not need this. */
async function syncDirectory(path: string): Promise<void> {
  if (process.platform === 'win32') return;
  await using directory = await open(path, 'r');
  await directory.sync();
}

function asSecretFileError(error: unknown, what: string): unknown {
  if (error instanceof SecretFileError || !(error instanceof Error) || !('code' in error)) return error;
  const advice = error.code === 'EISDIR' ? 'move the directory away' : 'let this user read and write it';
  return new SecretFileError(`${what}: ${error.message}; ${advice}`, { cause: error });
}

function hasCode(error: unknown, ...codes: readonly string[]): boolean {
  return error instanceof Error && 'code' in error && codes.includes(String(error.code));
}
