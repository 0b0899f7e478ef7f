/** Certificates of an authority that nobody knows, made by the program `openssl` for one test. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface Certificates {
  /** PEM of the authority. */
  readonly authority: string;
  /** PEM of a server's key and certificate. */
  readonly key: string;
  readonly cert: string;
}

/** Undefined where the machine has no `openssl`; then the test is to be skipped, with `noOpenssl` as its reason. */
export function makeCertificates(names: readonly string[]): Certificates | undefined {
  if (spawnSync('openssl', ['version']).status !== 0) return undefined;
  const folder = mkdtempSync(join(tmpdir(), 'colloquy-certificates-'));
  try {
    const run = (...args: readonly string[]): void => {
      const { status, stderr } = spawnSync('openssl', args, { cwd: folder });
      if (status !== 0) throw new Error(`openssl ${args.join(' ')}: ${stderr}`);
    };
    const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
    run(
      'req',
      '-x509',
      ...newKey,
      '-keyout',
      'ca.key',
      '-out',
      'ca.pem',
      '-days',
      '2',
      '-subj',
      '/CN=A test',
    );
    run('req', ...newKey, '-keyout', 'key.pem', '-out', 'request.pem', '-subj', '/CN=A server');
    const kinds = names.map((name) => `${/^[\d.]+$/.test(name) ? 'IP' : 'DNS'}:${name}`);
    writeFileSync(join(folder, 'names'), `subjectAltName=${kinds.join(',')}\n`);
    const issuer = ['-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial'];
    run(
      'x509',
      '-req',
      '-in',
      'request.pem',
      ...issuer,
      '-extfile',
      'names',
      '-out',
      'cert.pem',
      '-days',
      '2',
    );
    const read = (file: string): string => readFileSync(join(folder, file), 'utf8');
    return { authority: read('ca.pem'), key: read('key.pem'), cert: read('cert.pem') };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

export const noOpenssl = 'this machine has no openssl, which makes the certificates';
