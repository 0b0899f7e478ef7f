/** An authenticator for tests: it makes passkeys and signs with them (WebAuthn level 3), as honestly as a test wants. */
import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';

/** What a page says, and how the authenticator behaves; everything is honest unless a test says otherwise. */
export interface Behaviour {
  /** The page's origin. */
  readonly origin: string;
  readonly rpId?: string;
  readonly challenge?: string;
  readonly type?: string;
  readonly crossOrigin?: boolean;
  readonly isUserVerified?: boolean;
  readonly isUserPresent?: boolean;
  readonly counter?: number;
  readonly userHandle?: string | null;
  /** Of the new passkey, as base64url. */
  readonly id?: string;
  /** Signs with it instead of the passkey's own. */
  readonly privateKey?: KeyObject;
  readonly attestation?: { readonly fmt: string; readonly attStmt: Cbor };
}

export interface TestPasskey {
  readonly id: string;
  readonly rpId: string;
  readonly userHandle: string;
  readonly privateKey: KeyObject;
  counter: number;
}

type Cbor = number | string | Buffer | readonly Cbor[] | ReadonlyMap<number | string, Cbor>;

/** RFC 8949, as much of it as attestations need. */
function cbor(value: Cbor): Buffer {
  const head = (major: number, size: number): Buffer => {
    if (size < 24) return Buffer.from([(major << 5) | size]);
    if (size < 256) return Buffer.from([(major << 5) | 24, size]);
    return Buffer.from([(major << 5) | 25, size >> 8, size & 255]);
  };
  if (typeof value === 'number') return value < 0 ? head(1, -1 - value) : head(0, value);
  if (typeof value === 'string')
    return Buffer.concat([head(3, Buffer.byteLength(value)), Buffer.from(value)]);
  if (Buffer.isBuffer(value)) return Buffer.concat([head(2, value.length), value]);
  if (value instanceof Map) {
    const entries = [...value].flatMap(([key, one]) => [cbor(key), cbor(one)]);
    return Buffer.concat([head(5, value.size), ...entries]);
  }
  const list = value as readonly Cbor[];
  return Buffer.concat([head(4, list.length), ...list.map(cbor)]);
}

const sha256 = (bytes: string | Buffer): Buffer => createHash('sha256').update(bytes).digest();

function clientDataOf(defaultType: string, challenge: string, behaviour: Behaviour): Buffer {
  const { type = defaultType, origin, crossOrigin = false } = behaviour;
  return Buffer.from(
    JSON.stringify({ type, challenge: behaviour.challenge ?? challenge, origin, crossOrigin }),
  );
}

function authenticatorDataOf(rpId: string, counter: number, behaviour: Behaviour, attested?: Buffer): Buffer {
  const { isUserPresent = true, isUserVerified = true } = behaviour;
  const flags = (isUserPresent ? 1 : 0) | (isUserVerified ? 4 : 0) | (attested === undefined ? 0 : 0x40);
  const count = Buffer.alloc(4);
  count.writeUInt32BE(counter);
  return Buffer.concat([
    sha256(behaviour.rpId ?? rpId),
    Buffer.from([flags]),
    count,
    attested ?? Buffer.alloc(0),
  ]);
}

// biome-ignore lint/suspicious/noExplicitAny: options are what the server has sent.
type Options = any;

/** What `navigator.credentials.create` gives for these options, as JSON, and the passkey. */
export function create(options: Options, behaviour: Behaviour) {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const { x = '', y = '' } = publicKey.export({ format: 'jwk' });
  const rawId = behaviour.id === undefined ? randomBytes(16) : Buffer.from(behaviour.id, 'base64url');
  const id = rawId.toString('base64url');
  const cose = cbor(
    new Map<number, Cbor>([
      [1, 2],
      [3, -7],
      [-1, 1],
      [-2, Buffer.from(x, 'base64url')],
      [-3, Buffer.from(y, 'base64url')],
    ]),
  );
  const attested = Buffer.concat([Buffer.alloc(16), Buffer.from([0, rawId.length]), rawId, cose]);
  const counter = behaviour.counter ?? 0;
  const authData = authenticatorDataOf(options.rp.id, counter, behaviour, attested);
  const { fmt, attStmt } = behaviour.attestation ?? { fmt: 'none', attStmt: new Map() };
  const attestationObject = cbor(
    new Map<string, Cbor>([
      ['fmt', fmt],
      ['attStmt', attStmt],
      ['authData', authData],
    ]),
  );
  const passkey: TestPasskey = { id, rpId: options.rp.id, userHandle: options.user.id, privateKey, counter };
  const credential = {
    id,
    rawId: id,
    type: 'public-key',
    response: {
      clientDataJSON: clientDataOf('webauthn.create', options.challenge, behaviour).toString('base64url'),
      attestationObject: attestationObject.toString('base64url'),
      transports: ['internal', 'hybrid'],
    },
  };
  return { passkey, credential };
}

/** What `navigator.credentials.get` gives for these options and a passkey, as JSON. */
export function get(options: Options, passkey: TestPasskey, behaviour: Behaviour) {
  if (behaviour.counter === undefined && passkey.counter > 0) passkey.counter += 1;
  const counter = behaviour.counter ?? passkey.counter;
  const clientData = clientDataOf('webauthn.get', options.challenge, behaviour);
  const authenticatorData = authenticatorDataOf(passkey.rpId, counter, behaviour);
  const signed = Buffer.concat([authenticatorData, sha256(clientData)]);
  const { userHandle = passkey.userHandle, privateKey = passkey.privateKey } = behaviour;
  return {
    id: passkey.id,
    rawId: passkey.id,
    type: 'public-key',
    authenticatorAttachment: 'platform',
    clientExtensionResults: {},
    response: {
      clientDataJSON: clientData.toString('base64url'),
      authenticatorData: authenticatorData.toString('base64url'),
      signature: sign('sha256', signed, privateKey).toString('base64url'),
      userHandle,
    },
  };
}
