/** Finds the server that commands talk to. */
import { findServer } from '../../config/server-file.ts';
import { CommandFailure } from '../failure.ts';

const askMs = 5000;

/**
 * The address that was given; else that of the server on the data directory, if one runs and answers; else undefined.
 * @throws CommandFailure where no Colloquy server answers at the given address
 */
export async function findServerUrl(given: string | undefined, dataDir: string): Promise<string | undefined> {
  if (given !== undefined) {
    await ask(given);
    return given;
  }
  const found = await findServer(dataDir);
  if (found === undefined) return undefined;
  const url = reachable(found);
  return (await ask(url).catch(() => false)) ? url : undefined;
}

/** A key is only sent to what calls itself a Colloquy server. @throws CommandFailure */
async function ask(url: string): Promise<true> {
  let answer: Response;
  try {
    answer = await fetch(`${url}/healthz`, { signal: AbortSignal.timeout(askMs) });
  } catch (error) {
    throw notReached(url, error);
  }
  await answer.body?.cancel();
  if (answer.ok && answer.headers.has('colloquy-version')) return true;
  throw new CommandFailure(`what answers at ${url} is not a Colloquy server`);
}

/** The failure of a request that got no answer. */
export function notReached(url: string, error: unknown): CommandFailure {
  const { cause, message, name } = error as Error & { readonly cause?: { readonly code?: string } };
  const reason = name === 'TimeoutError' ? 'it does not answer' : (cause?.code ?? message);
  return new CommandFailure(`the server at ${url} can't be reached: ${reason}`);
}

/** A server that listens on every address is reached on this machine's own. */
function reachable(address: string): string {
  return address.replace('//0.0.0.0:', '//127.0.0.1:').replace('//[::]:', '//[::1]:');
}
