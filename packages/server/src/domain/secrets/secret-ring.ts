/** The secrets of a server: one for all that is new, and earlier ones for what they have signed and sealed. */
import { hkdfSync } from 'node:crypto';
import { createSecretBox, type SecretBox, SecretBoxError } from './secret-box.ts';

/** The secrets as they are now; ask for `ring` anew each time, since a rotation replaces it. */
export interface Secrets {
  readonly ring: SecretRing;
}

/** Plain data, which can cross a thread. */
export interface RingSecrets {
  readonly current: string;
  /** Earlier secrets, the newest first: they verify tokens and open what they have sealed, and do nothing else. */
  readonly previous?: readonly string[];
  /** Earlier secrets whose tokens are not valid any more: they only open what they have sealed. */
  readonly retired?: readonly string[];
}

export class SecretRing {
  readonly secrets: RingSecrets;
  readonly current: string;
  readonly previous: readonly string[];
  /** Of the current secret. */
  readonly fingerprint: string;
  /** By fingerprint, the current secret's first. */
  readonly #boxes: ReadonlyMap<string, SecretBox>;
  readonly #box: SecretBox;

  constructor(secrets: RingSecrets) {
    const { current, previous = [], retired = [] } = secrets;
    this.secrets = secrets;
    this.current = current;
    this.previous = [...new Set(previous)].filter((secret) => secret !== current);
    this.fingerprint = fingerprintOf(current);
    this.#box = createSecretBox(current);
    const earlier = [...this.previous, ...retired].filter((secret) => secret !== current);
    this.#boxes = new Map([
      [this.fingerprint, this.#box],
      ...earlier.map((secret) => [fingerprintOf(secret), createSecretBox(secret)] as const),
    ]);
  }

  /** Of all secrets, the current one first. */
  get fingerprints(): readonly string[] {
    return [...this.#boxes.keys()];
  }

  /** Seals under the current secret. */
  seal(text: string, recordId: string): string {
    return this.#box.seal(text, recordId);
  }

  /** @throws SecretBoxError where none of the secrets has sealed the text for this record */
  open(sealed: string, recordId: string): string {
    const opened = this.openWhole(sealed, recordId);
    // The box says why.
    return opened === undefined ? this.#box.open(sealed, recordId) : opened.text;
  }

  opens(sealed: string, recordId: string): boolean {
    return this.openWhole(sealed, recordId) !== undefined;
  }

  /** The text, with the fingerprint of the secret that has sealed it. Undefined where none of the secrets has. */
  openWhole(
    sealed: string,
    recordId: string,
  ): { readonly text: string; readonly fingerprint: string } | undefined {
    for (const [fingerprint, box] of this.#boxes) {
      try {
        return { text: box.open(sealed, recordId), fingerprint };
      } catch (error) {
        if (!(error instanceof SecretBoxError)) throw error;
      }
    }
    return undefined;
  }
}

/** What tells a secret from others without showing it: 128 bits that are derived from it (HKDF, RFC 5869). */
export function fingerprintOf(secret: string): string {
  const bytes = Buffer.from(hkdfSync('sha256', secret, '', 'colloquy secret fingerprint v1', 16));
  return `v1.${bytes.toString('base64url')}`;
}

/** A server's one secret, which never changes. */
export function oneSecret(secret: string): Secrets {
  return { ring: new SecretRing({ current: secret }) };
}
