/** Checks the files and directories that a configuration names. */
import { X509Certificate } from 'node:crypto';
import { constants } from 'node:fs';
import { access, lstat, open, readFile, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import type { NamedFiles } from './config.ts';
import { type ConfigProblem, quote } from './problems.ts';

/** Returns everything that is wrong with them; creates and changes nothing. */
export async function checkFiles(config: NamedFiles): Promise<ConfigProblem[]> {
  const problems = await Promise.all([
    findDirectoryFault(config.dataDir).then((fault) => problem('DATA_DIR', config.dataDir, fault)),
    config.localModel.kind === 'file'
      ? problem('COLLOQUY_LOCAL_MODEL', config.localModel.path, await findModelFault(config.localModel.path))
      : [],
    config.extraAuthorities === undefined
      ? []
      : problem(
          'NODE_EXTRA_CA_CERTS',
          config.extraAuthorities,
          await findCertificatesFault(config.extraAuthorities),
        ),
  ]);
  return problems.flat();
}

interface Fault {
  readonly found: string;
  readonly allowed: string;
}

function problem(name: string, path: string, fault: Fault | undefined): ConfigProblem[] {
  if (fault === undefined) return [];
  return [{ name, found: `holds ${quote(path)}, ${fault.found}`, allowed: fault.allowed }];
}

/** New files must be allowed in the directory or, if it does not exist yet, in the nearest one above it. */
async function findDirectoryFault(path: string): Promise<Fault | undefined> {
  const allowed = 'a directory that this user may write to, or the path of one to be made';
  for (let candidate = resolve(path); ; candidate = dirname(candidate)) {
    try {
      if (!(await stat(candidate)).isDirectory())
        return { found: `but ${quote(candidate)} is not a directory`, allowed };
      await access(candidate, constants.W_OK | constants.X_OK);
      return undefined;
    } catch (error) {
      const code = codeOf(error);
      if (code === 'ENOENT' && (await isLink(candidate))) {
        return { found: `but ${quote(candidate)} is a link that leads nowhere`, allowed };
      }
      if (code === 'ENOENT' && candidate !== dirname(candidate)) continue;
      if (code === 'ENOTDIR') continue;
      return { found: `but ${quote(candidate)} can't be written to (${code})`, allowed };
    }
  }
}

async function isLink(path: string): Promise<boolean> {
  const status = await lstat(path).catch(() => undefined);
  return status?.isSymbolicLink() === true;
}

/** GGUF files begin with these four bytes: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md */
const ggufMagic = 'GGUF';

async function findModelFault(path: string): Promise<Fault | undefined> {
  const allowed = 'a GGUF file that this user may read';
  try {
    await using file = await open(path);
    const { bytesRead, buffer } = await file.read(Buffer.alloc(ggufMagic.length), 0, ggufMagic.length, 0);
    const isGguf = buffer.toString('latin1', 0, bytesRead) === ggufMagic;
    return isGguf ? undefined : { found: 'which is not a GGUF file', allowed };
  } catch (error) {
    const code = codeOf(error);
    const found = code === 'ENOENT' ? 'which does not exist' : `which can't be read (${code})`;
    return { found, allowed };
  }
}

async function findCertificatesFault(path: string): Promise<Fault | undefined> {
  const allowed = 'a file with certificates in PEM form that this user may read';
  try {
    const text = await readFile(path, 'latin1');
    const first = /-----BEGIN (?:TRUSTED |X509 )?CERTIFICATE-----[^-]+-----END [A-Z0-9 ]+-----/.exec(
      text,
    )?.[0];
    if (first === undefined) return { found: 'which holds no certificate in PEM form', allowed };
    new X509Certificate(first);
    return undefined;
  } catch (error) {
    const code = codeOf(error);
    if (code.startsWith('ERR_OSSL_')) return { found: "whose first certificate can't be read", allowed };
    const found = code === 'ENOENT' ? 'which does not exist' : `which can't be read (${code})`;
    return { found, allowed };
  }
}

/** The code of a system error. @throws every other error */
function codeOf(error: unknown): string {
  if (error instanceof Error && 'code' in error && typeof error.code === 'string') return error.code;
  throw error;
}
