/**
 * Passkeys as WebAuthn has them (W3C, level 3): what a browser is asked, and whether its answer is good. The library
 * @simplewebauthn/server verifies answers, and is loaded when the first one comes.
 */

/** Whose passkeys they are: a host name, at one origin. */
export interface RelyingParty {
  readonly id: string;
  readonly origin: string;
}

/** A browser's answer, as `PublicKeyCredential.toJSON()` writes it. All bytes are base64url. */
export interface PasskeyAnswer<Response> {
  readonly id: string;
  readonly rawId: string;
  readonly type: 'public-key';
  readonly response: Response;
}
export type Creation = PasskeyAnswer<{
  readonly clientDataJSON: string;
  readonly attestationObject: string;
  readonly transports?: readonly string[];
}>;
export type Assertion = PasskeyAnswer<{
  readonly clientDataJSON: string;
  readonly authenticatorData: string;
  readonly signature: string;
  readonly userHandle?: string | null;
}>;

/** The answer is not good. The message is for people, and has nothing that the answer has said. */
export class PasskeyFailure extends Error {
  constructor(message: string, cause?: unknown) {
    super(message, { cause });
    this.name = 'PasskeyFailure';
  }
}

/** Ed25519, ECDSA on P-256, RSA: the algorithms that authenticators have (COSE). */
const algorithms = [-8, -7, -257];

/** What an account is called towards an authenticator: the bytes of its id. */
export function userHandleOf(accountId: string): string {
  return Buffer.from(accountId, 'utf8').toString('base64url');
}

/** The options of `navigator.credentials.create`, as JSON. @param timeout in milliseconds */
export function creationOptions(
  party: RelyingParty,
  challenge: string,
  account: { readonly id: string; readonly email: string; readonly name: string },
  known: readonly { readonly credentialId: string; readonly transports: readonly string[] }[],
  timeout: number,
) {
  return {
    rp: { id: party.id, name: 'Colloquy' },
    user: { id: userHandleOf(account.id), name: account.email, displayName: account.name },
    challenge,
    pubKeyCredParams: algorithms.map((alg) => ({ type: 'public-key' as const, alg })),
    timeout,
    excludeCredentials: known.map(({ credentialId, transports }) => ({
      type: 'public-key' as const,
      id: credentialId,
      transports: [...transports],
    })),
    authenticatorSelection: {
      residentKey: 'required' as const,
      requireResidentKey: true,
      userVerification: 'required' as const,
    },
    attestation: 'none' as const,
  };
}

/** The options of `navigator.credentials.get`, as JSON: whichever passkey the person chooses. @param timeout in milliseconds */
export function requestOptions(party: RelyingParty, challenge: string, timeout: number) {
  return { rpId: party.id, challenge, timeout, userVerification: 'required' as const };
}

export interface CreatedPasskey {
  readonly credentialId: string;
  readonly publicKey: string;
  readonly counter: number;
  readonly transports: readonly string[];
  readonly isBackedUp: boolean;
}

/** @throws PasskeyFailure */
export async function verifyCreation(
  { id, rawId, type, response }: Creation,
  challenge: string,
  party: RelyingParty,
): Promise<CreatedPasskey> {
  requireHere(response.clientDataJSON, party);
  const { verifyRegistrationResponse } = await import('@simplewebauthn/server');
  const { clientDataJSON, attestationObject, transports = [] } = response;
  const verified = await verify('it could not be verified', async () => {
    await requireNoCertificates(attestationObject);
    return await verifyRegistrationResponse({
      response: {
        id,
        rawId,
        type,
        response: { clientDataJSON, attestationObject },
        clientExtensionResults: {},
      },
      expectedChallenge: challenge,
      expectedOrigin: party.origin,
      expectedRPID: party.id,
      requireUserVerification: true,
      supportedAlgorithmIDs: algorithms,
    });
  });
  const { credential, credentialBackedUp } = verified.registrationInfo ?? {};
  if (credential === undefined || credential.id !== id) throw new PasskeyFailure('it could not be verified');
  return {
    credentialId: credential.id,
    publicKey: Buffer.from(credential.publicKey).toString('base64url'),
    counter: credential.counter,
    transports,
    isBackedUp: credentialBackedUp === true,
  };
}

/** @throws PasskeyFailure */
export async function verifyAssertion(
  { id, rawId, type, response }: Assertion,
  challenge: string,
  party: RelyingParty,
  passkey: { readonly accountId: string; readonly publicKey: string; readonly counter: number },
): Promise<{ readonly counter: number; readonly isBackedUp: boolean }> {
  requireHere(response.clientDataJSON, party);
  if (response.userHandle !== userHandleOf(passkey.accountId))
    throw new PasskeyFailure('it is of another account');
  const { verifyAuthenticationResponse } = await import('@simplewebauthn/server');
  const { clientDataJSON, authenticatorData, signature, userHandle } = response;
  const { verified, authenticationInfo } = await verify('it could not be verified', () =>
    verifyAuthenticationResponse({
      response: {
        ...{ id, rawId, type, clientExtensionResults: {} },
        response: { clientDataJSON, authenticatorData, signature, userHandle },
      },
      expectedChallenge: challenge,
      expectedOrigin: party.origin,
      expectedRPID: party.id,
      requireUserVerification: true,
      credential: {
        id,
        publicKey: new Uint8Array(Buffer.from(passkey.publicKey, 'base64url')),
        counter: passkey.counter,
      },
    }),
  );
  if (!verified) throw new PasskeyFailure('it could not be verified');
  return { counter: authenticationInfo.newCounter, isBackedUp: authenticationInfo.credentialBackedUp };
}

/** The library throws errors of its own for what is malformed, and for what is wrong. */
async function verify<T>(message: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    throw new PasskeyFailure(message, cause);
  }
}

/** Where the answer was given: the page itself, which no other site frames. */
function requireHere(clientDataJSON: string, { origin }: RelyingParty): void {
  let data: { readonly origin?: unknown; readonly crossOrigin?: unknown } | null;
  try {
    data = JSON.parse(Buffer.from(clientDataJSON, 'base64url').toString('utf8'));
  } catch (cause) {
    throw new PasskeyFailure('what the browser says of it is no JSON', cause);
  }
  if (data?.origin !== origin || data.crossOrigin === true)
    throw new PasskeyFailure(`it was used at another address than ${origin}`);
}

/**
 * Browsers take the attestation out, as they are asked to: an answer with certificates was made up, and whoever made it
 * chose them.
 */
async function requireNoCertificates(attestationObject: string): Promise<void> {
  const { decodeAttestationObject } = await import('@simplewebauthn/server/helpers');
  const decoded = decodeAttestationObject(new Uint8Array(Buffer.from(attestationObject, 'base64url')));
  const format = decoded.get('fmt');
  const isOwn = format === 'packed' && decoded.get('attStmt').get('x5c') === undefined;
  if (format !== 'none' && !isOwn) throw new Error(`attestation that nobody asked for: ${format}`);
}
