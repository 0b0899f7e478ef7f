/**
 * Small secrets at rest: AES-256-GCM (NIST SP 800-38D) under a key derived from the server's secret (HKDF,
 * RFC 5869). A sealed text is `v1.` and base64url of nonce (12 bytes), ciphertext and tag (16 bytes); it opens only
 * for the record that it was sealed for.
 */
import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';

const version = 'v1.';
const nonceBytes = 12;
const tagBytes = 16;

/** The text was sealed under another secret, for another record, or was changed. */
export class SecretBoxError extends Error {
  constructor(message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = 'SecretBoxError';
  }
}

export interface SecretBox {
  seal(text: string, recordId: string): string;
  /** @throws SecretBoxError */
  open(sealed: string, recordId: string): string;
}

export function createSecretBox(secret: string): SecretBox {
  const key = Buffer.from(hkdfSync('sha256', secret, '', 'colloquy secret box v1', 32));
  return {
    seal(text, recordId) {
      const nonce = randomBytes(nonceBytes);
      const cipher = createCipheriv('aes-256-gcm', key, nonce);
      cipher.setAAD(Buffer.from(recordId));
      const sealed = Buffer.concat([nonce, cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()]);
      return version + sealed.toString('base64url');
    },
    open(sealed, recordId) {
      if (!sealed.startsWith(version)) throw new SecretBoxError('the sealed text has an unknown version');
      const bytes = Buffer.from(sealed.slice(version.length), 'base64url');
      if (bytes.length < nonceBytes + tagBytes) throw new SecretBoxError('the sealed text is too short');
      try {
        const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, nonceBytes), {
          authTagLength: tagBytes,
        });
        decipher.setAAD(Buffer.from(recordId));
        decipher.setAuthTag(bytes.subarray(-tagBytes));
        return (
          decipher.update(bytes.subarray(nonceBytes, -tagBytes), undefined, 'utf8') + decipher.final('utf8')
        );
      } catch (cause) {
        throw new SecretBoxError(
          'the sealed text cannot be opened: COLLOQUY_SECRET is not the secret that it was sealed with',
          { cause },
        );
      }
    },
  };
}
