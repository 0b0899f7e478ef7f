/** Connects a command to the administration: of the running server, else on the store itself. */
import { join } from 'node:path';
import { Readable } from 'node:stream';
import type { ReadableStream } from 'node:stream/web';
import { readSecretFile, SecretFileError } from '../../config/secrets.ts';
import { CommandFailure } from '../failure.ts';
import { AdminApi, type Transport } from './api.ts';
import { type ClientSettings, readClientSettings, readConfig } from './environment.ts';
import { findServerUrl, notReached } from './find-server.ts';

/** Runs `work` with the API. @param url where the server is, if that was given */
export async function withApi<Result>(
  url: string | undefined,
  work: (api: AdminApi) => Promise<Result>,
): Promise<Result> {
  const settings = readClientSettings();
  try {
    const found = await findServerUrl(url ?? settings.url, settings.dataDir);
    if (found !== undefined)
      return await work(new AdminApi(remote(found, await adminKeyOf(settings, found))));
    return await withStore(work);
  } catch (error) {
    if (error instanceof SecretFileError) throw new CommandFailure(error.message);
    throw error;
  }
}

/** @throws CommandFailure, SecretFileError */
async function adminKeyOf({ adminKey, dataDir }: ClientSettings, url: string): Promise<string> {
  const path = join(dataDir, 'admin-key');
  const key = adminKey ?? (await readSecretFile(path));
  if (key !== undefined) return key;
  throw new CommandFailure(`no key for ${url}: set COLLOQUY_ADMIN_KEY, since there is no ${path}`);
}

function remote(url: string, key: string): Transport {
  return async (method, path, body) => {
    const headers = {
      Authorization: `Bearer ${key}`,
      ...(body !== undefined && { 'Content-Type': 'application/json' }),
    };
    const init = { method, headers, ...(body !== undefined && { body: JSON.stringify(body) }) };
    const answer = await fetch(url + path, init).catch((error: unknown) => {
      throw notReached(url, error);
    });
    const stream = answer.body as ReadableStream | null;
    return { status: answer.status, body: stream === null ? Readable.from([]) : Readable.fromWeb(stream) };
  };
}

/** @throws CommandFailure where the store can't be opened for a reason that an operator knows */
async function withStore<Result>(work: (api: AdminApi) => Promise<Result>): Promise<Result> {
  const [
    { NoStoreError, openAtRest },
    { DataDirectoryInUseError },
    { isUnfitDatabase },
    { UnfitSecretError },
  ] = await Promise.all([
    import('../../at-rest.ts'),
    import('../../store/sqlite/server-lock.ts'),
    import('../../store/schema/unfit-database.ts'),
    import('../../auth/secrets/open-secrets.ts'),
  ]);
  const config = await readConfig();
  const opened = await openAtRest(config).catch((error: unknown) => {
    if (error instanceof DataDirectoryInUseError) {
      throw new CommandFailure(
        `a server is running on ${config.dataDir}, but where it answers is not known; give its address with --url`,
      );
    }
    if (error instanceof NoStoreError || isUnfitDatabase(error)) throw new CommandFailure(error.message);
    if (error instanceof UnfitSecretError) throw new CommandFailure(error.message, 78);
    throw error;
  });
  await using atRest = opened;
  return await work(
    new AdminApi(async (method, url, body) => {
      const headers = { authorization: `Bearer ${atRest.adminKey}` };
      const request = { method, url, headers, ...(body !== undefined && { payload: body }) };
      const answer = await atRest.app.inject({ ...request, payloadAsStream: true });
      return { status: answer.statusCode, body: answer.stream() };
    }),
  );
}
