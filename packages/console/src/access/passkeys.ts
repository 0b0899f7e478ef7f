/**
 * Asks the browser for passkeys. Loaded when somebody wants one. What the server sends and takes is WebAuthn's JSON; not
 * every browser converts it by itself yet.
 */
import { PasskeyError, type PasskeyProblem } from './passkey-place.ts';

interface CredentialJson {
  readonly type: 'public-key';
  readonly id: string;
  readonly transports?: readonly string[];
}

export interface CreationOptions {
  readonly rp: { readonly id: string; readonly name: string };
  readonly user: { readonly id: string; readonly name: string; readonly displayName: string };
  readonly challenge: string;
  readonly pubKeyCredParams: readonly { readonly type: 'public-key'; readonly alg: number }[];
  readonly timeout: number;
  readonly excludeCredentials: readonly CredentialJson[];
  readonly authenticatorSelection: AuthenticatorSelectionCriteria;
  readonly attestation: 'none';
}

export interface RequestOptions {
  readonly rpId: string;
  readonly challenge: string;
  readonly timeout: number;
  readonly userVerification: 'required';
}

/** Makes a passkey; gives what the server takes. @throws PasskeyError */
export async function makePasskey(options: CreationOptions): Promise<object> {
  const { user, challenge, pubKeyCredParams, excludeCredentials, ...rest } = options;
  const publicKey: PublicKeyCredentialCreationOptions = {
    ...rest,
    user: { ...user, id: toBytes(user.id) },
    challenge: toBytes(challenge),
    pubKeyCredParams: [...pubKeyCredParams],
    excludeCredentials: excludeCredentials.map(({ type, id, transports = [] }) => ({
      type,
      id: toBytes(id),
      transports: [...transports] as AuthenticatorTransport[],
    })),
  };
  const made = await ask(() => navigator.credentials.create({ publicKey }));
  const response = made.response as AuthenticatorAttestationResponse;
  return {
    ...named(made),
    response: {
      clientDataJSON: toText(response.clientDataJSON),
      attestationObject: toText(response.attestationObject),
      transports: response.getTransports?.() ?? [],
    },
  };
}

/** Uses a passkey, whichever the person chooses; gives what the server takes. @throws PasskeyError */
export async function usePasskey({ challenge, ...rest }: RequestOptions): Promise<object> {
  const publicKey: PublicKeyCredentialRequestOptions = { ...rest, challenge: toBytes(challenge) };
  const used = await ask(() => navigator.credentials.get({ publicKey }));
  const { clientDataJSON, authenticatorData, signature, userHandle } =
    used.response as AuthenticatorAssertionResponse;
  return {
    ...named(used),
    response: {
      clientDataJSON: toText(clientDataJSON),
      authenticatorData: toText(authenticatorData),
      signature: toText(signature),
      userHandle: userHandle === null ? null : toText(userHandle),
    },
  };
}

function named({ rawId }: PublicKeyCredential) {
  const id = toText(rawId);
  return { id, rawId: id, type: 'public-key' };
}

const problems: Readonly<Record<string, PasskeyProblem>> = {
  NotAllowedError: 'cancelled',
  AbortError: 'cancelled',
  InvalidStateError: 'known',
};

async function ask(work: () => Promise<Credential | null>): Promise<PublicKeyCredential> {
  try {
    const credential = await work();
    if (credential instanceof PublicKeyCredential) return credential;
    throw new Error('the browser gave no passkey');
  } catch (error) {
    throw new PasskeyError(problems[error instanceof Error ? error.name : ''] ?? 'failed', error);
  }
}

/** Of base64url. */
function toBytes(text: string): Uint8Array<ArrayBuffer> {
  const binary = atob(text.replaceAll('-', '+').replaceAll('_', '/'));
  return Uint8Array.from(binary, (character) => character.charCodeAt(0));
}

/** As base64url. */
function toText(bytes: ArrayBuffer): string {
  const binary = Array.from(new Uint8Array(bytes), (byte) => String.fromCharCode(byte)).join('');
  return btoa(binary).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '');
}
