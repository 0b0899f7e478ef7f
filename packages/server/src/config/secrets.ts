/** Secrets that are made on the first start and kept in the data directory, readable by their owner only. */
import { randomBytes } from 'node:crypto';
import { type FileHandle, link, mkdir, open, rename, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { Config } from './config.ts';

/** A secret's file that can't be used; the message says which and what to do. */
export class SecretFileError extends Error {
  constructor(message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = 'SecretFileError';
  }
}

export interface StoredSecret {
  readonly value: string;
  readonly path: string;
  /** Whether this call made it. */
  readonly isNew: boolean;
}

export interface Secrets {
  /** Signs tokens and encrypts provider keys. */
  readonly secret: string;
  /** The operator's key. */
  readonly adminKey: string;
  /** Where the operator's key lies; absent when the environment gave it. */
  readonly adminKeyPath: string | undefined;
}

type RandomSource = (bytes: number) => Buffer;

/** 256 bits as base64url. */
export function makeSecret(random: RandomSource = randomBytes): string {
  return random(32).toString('base64url');
}

/** `sk_admin_` and 256 bits as base64url. */
export function makeAdminKey(random: RandomSource = randomBytes): string {
  return `sk_admin_${makeSecret(random)}`;
}

/** The configured secrets; those that are not configured come from the data directory, and are made if need be. */
export async function loadSecrets(config: Pick<Config, 'dataDir' | 'secret' | 'adminKey'>): Promise<Secrets> {
  const secret = config.secret ?? (await loadOrCreateSecret(config.dataDir, 'secret', makeSecret)).value;
  if (config.adminKey !== undefined) return { secret, adminKey: config.adminKey, adminKeyPath: undefined };
  const adminKey = await loadOrCreateSecret(config.dataDir, 'admin-key', makeAdminKey);
  return { secret, adminKey: adminKey.value, adminKeyPath: adminKey.path };
}

/**
 * The secret in `dataDir/fileName`, or a new one from `make`. Of several processes that start at once, one makes
 * it and all get the same. Once this returns, a new secret survives a loss of power.
 * @throws SecretFileError for a file that others can read, is empty or can't be read, made or locked down
 */
export async function loadOrCreateSecret(
  dataDir: string,
  fileName: string,
  make: () => string,
): Promise<StoredSecret> {
  const path = join(dataDir, fileName);
  const stored = await readSecretFile(path);
  if (stored !== undefined) return { value: stored, path, isNew: false };
  const isNew = await write(dataDir, fileName, make(), 'keep');
  const value = await readSecretFile(path);
  if (value === undefined) throw new SecretFileError(`${path} vanished while it was made; start again.`);
  return { value, path, isNew };
}

/**
 * Writes a secret to `dataDir/fileName`, in place of what is there; atomic and durable.
 * @throws SecretFileError
 */
export async function replaceSecret(dataDir: string, fileName: string, value: string): Promise<void> {
  await write(dataDir, fileName, value, 'replace');
}

/**
 * The text of a secret's file, without the newline at its end; undefined if there is no such file.
 * @throws SecretFileError
 */
export async function readSecretFile(path: string): Promise<string | undefined> {
  try {
    await using file = await open(path, 'r');
    await assertPrivate(file, path);
    const value = (await file.readFile('utf8')).replace(/\r?\n$/, '');
    if (value !== '') return value;
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw asSecretFileError(error, `${path} can't be read`);
  }
  throw new SecretFileError(
    `${path} is empty; restore it from a backup, or delete it to have a new one made.`,
  );
}

/** Windows has no such mode; there the directory's own rights protect the file. */
async function assertPrivate(file: FileHandle, path: string): Promise<void> {
  const { mode } = await file.stat();
  if (process.platform === 'win32' || (mode & 0o077) === 0) return;
  const octal = (mode & 0o777).toString(8).padStart(4, '0');
  throw new SecretFileError(
    `${path} can be read or written by other users (mode ${octal}); run: chmod 600 ${path} (and replace the secret if others may have read it).`,
  );
}

/** @returns false where `keep` found a file already there */
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
  // A file system that keeps no modes must be noticed now, not on the next start.
  await assertPrivate(file, path);
  await file.writeFile(text);
  await file.sync();
}

async function replaceBy(temporary: string, path: string): Promise<true> {
  await rename(temporary, path);
  return true;
}

/** A hard link, unlike a rename, fails if the name is taken. */
async function linkIfAbsent(temporary: string, path: string): Promise<boolean> {
  try {
    await link(temporary, path);
  } catch (error) {
    if (hasCode(error, 'EEXIST')) {
      await unlink(temporary);
      return false;
    }
    // A file system without hard links: the last of several that start at once wins, and all read that one.
    if (hasCode(error, 'EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK'))
      return await replaceBy(temporary, path);
    throw error;
  }
  await unlink(temporary);
  return true;
}

/** Makes the name itself durable; Windows can't open directories and needs no such call. */
async function syncDirectory(path: string): Promise<void> {
  if (process.platform === 'win32') return;
  await using directory = await open(path, 'r');
  await directory.sync();
}

function asSecretFileError(error: unknown, what: string): unknown {
  if (error instanceof SecretFileError || !(error instanceof Error) || !('code' in error)) return error;
  return new SecretFileError(`${what}: ${error.message}.`, { cause: error });
}

function hasCode(error: unknown, ...codes: readonly string[]): boolean {
  return error instanceof Error && 'code' in error && codes.includes(String(error.code));
}
