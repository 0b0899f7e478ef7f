/** The schemas of passkeys. What browsers are asked and answer is WebAuthn's JSON (W3C, level 3). */
import { type Static, Type } from 'typebox';
import { toTime } from '../../domain/text/time.ts';
import type { PasskeyRecord } from '../../store/queries/passkeys.ts';
import { closed, IdField, nullable, TextField, TimeField } from '../openapi/fields.ts';
import { givenPassword } from './schema.ts';

/** Bytes as base64url. @param maxLength in characters */
const bytes = (description: string, example: string, maxLength: number) =>
  Type.String({ minLength: 1, maxLength, pattern: '^[A-Za-z0-9_-]+$', description, examples: [example] });

/** An id has at most 1023 bytes. */
const credentialId = (description: string) => bytes(description, 'vI0qOgge3ygBA1Ld5Vk5tw', 1364);
const clientData = bytes('What the browser says of it.', 'eyJ0eXBlIjoid2ViYXV0aG4uZ2V0In0', 8192);
const authenticatorData = bytes(
  'What the authenticator says of it.',
  'SZYN5YgOjGh0NBcPZHZgW4_krrmihjLHmVzzuo',
  8192,
);
const type = Type.Literal('public-key', { description: 'Always this.', examples: ['public-key'] });
const word = (description: string, example: string) => TextField(description, example, { maxLength: 64 });
const transports = Type.Array(word('A way, such as `usb`, `nfc`, `ble`, `hybrid`, `internal`.', 'internal'), {
  maxItems: 10,
  description: 'How a browser may reach it.',
});
/** What browsers write too, and nobody looks at. */
const extras = {
  authenticatorAttachment: Type.Optional(
    nullable(Type.String({ maxLength: 64, description: 'Not looked at.', examples: ['platform'] })),
  ),
  clientExtensionResults: Type.Optional(
    Type.Object({}, { additionalProperties: true, description: 'Not looked at.' }),
  ),
};

const CreationSchema = Type.Object(
  {
    id: credentialId('The id of the passkey.'),
    rawId: credentialId('The same.'),
    type,
    ...extras,
    response: Type.Object(
      {
        clientDataJSON: clientData,
        attestationObject: bytes(
          'The new public key, and more.',
          'o2NmbXRkbm9uZWdhdHRTdG10oGhhdXRoRGF0YVi',
          32_768,
        ),
        transports: Type.Optional(transports),
        authenticatorData: Type.Optional(authenticatorData),
        publicKey: Type.Optional(
          nullable(
            Type.String({ maxLength: 8192, description: 'Not looked at.', examples: ['MFkwEwYHKoZI'] }),
          ),
        ),
        publicKeyAlgorithm: Type.Optional(Type.Integer({ description: 'Not looked at.', examples: [-7] })),
      },
      { ...closed, description: 'What came of it.' },
    ),
  },
  {
    ...closed,
    title: 'PasskeyCreation',
    description: 'What `navigator.credentials.create` gave, as `toJSON()`.',
  },
);

const AssertionSchema = Type.Object(
  {
    id: credentialId('The id of the passkey.'),
    rawId: credentialId('The same.'),
    type,
    ...extras,
    response: Type.Object(
      {
        clientDataJSON: clientData,
        authenticatorData,
        signature: bytes('By the key of the passkey.', 'MEUCIQDQ0yp4Wm', 8192),
        userHandle: Type.Optional(nullable(bytes('Whose passkey it is.', 'MDE5YWIxYzItN2QzZQ', 128))),
      },
      { ...closed, description: 'What came of it.' },
    ),
  },
  {
    ...closed,
    title: 'PasskeyAssertion',
    description: 'What `navigator.credentials.get` gave, as `toJSON()`.',
  },
);

const name = TextField('What the person calls it.', 'Ada’s phone', { maxLength: 100 });

export const PasskeyOptionsBody = Type.Object(
  {
    current_password: Type.Optional(
      givenPassword('The present password, which is asked for 10 minutes after the sign-in.'),
    ),
  },
  { ...closed, title: 'NewPasskeyOptions', examples: [{}] },
);
const answered = { id: 'vI0qOgge3ygBA1Ld5Vk5tw', rawId: 'vI0qOgge3ygBA1Ld5Vk5tw', type: 'public-key' };
const creationExample = {
  ...answered,
  response: {
    clientDataJSON: 'eyJ0eXBlIjoid2ViYXV0aG4uY3JlYXRlIn0',
    attestationObject: 'o2NmbXRkbm9uZWdhdHRTdG10oGhhdXRoRGF0YVi',
    transports: ['internal'],
  },
};
const assertionExample = {
  ...answered,
  response: {
    clientDataJSON: 'eyJ0eXBlIjoid2ViYXV0aG4uZ2V0In0',
    authenticatorData: 'SZYN5YgOjGh0NBcPZHZgW4_krrmihjLHmVzzuo',
    signature: 'MEUCIQDQ0yp4Wm',
    userHandle: 'MDE5YWIxYzItN2QzZQ',
  },
};

export const NewPasskeyBody = Type.Object(
  { name, credential: CreationSchema },
  { ...closed, title: 'NewPasskey', examples: [{ name: 'Ada’s phone', credential: creationExample }] },
);
export const PasskeyChanges = Type.Object({ name }, { ...closed, title: 'PasskeyChanges' });
export const PasskeySignInBody = Type.Object(
  { credential: AssertionSchema },
  { ...closed, title: 'PasskeySignIn', examples: [{ credential: assertionExample }] },
);
export const PasskeyParams = Type.Object({ id: IdField('The passkey.') });

const challenge = Type.String({
  description: 'The challenge, good once, for five minutes.',
  examples: ['YmFzZTY0dXJsIG9mIHJhbmRvbSBieXRlcw'],
});
const timeout = Type.Integer({ description: 'Milliseconds.', examples: [300_000] });
const required = (description: string) => Type.Literal('required', { description, examples: ['required'] });
const userVerification = required('The person shows who they are, by a finger or a PIN.');

export const CreationOptionsSchema = Type.Object(
  {
    rp: Type.Object(
      {
        id: Type.String({ description: 'The host name.', examples: ['chat.example.com'] }),
        name: Type.String({ description: 'What it is called.', examples: ['Colloquy'] }),
      },
      { description: 'Whom the passkey is for.' },
    ),
    user: Type.Object(
      {
        id: Type.String({ description: 'Bytes as base64url.', examples: ['MDE5YWIxYzItN2QzZQ'] }),
        name: Type.String({ description: 'The e-mail address.', examples: ['ada@example.com'] }),
        displayName: Type.String({ description: 'The name.', examples: ['Ada Lovelace'] }),
      },
      { description: 'Whose passkey it is.' },
    ),
    challenge,
    pubKeyCredParams: Type.Array(
      Type.Object({ type, alg: Type.Integer({ description: 'A number of COSE.', examples: [-7] }) }),
      { description: 'The kinds of keys that are taken.' },
    ),
    timeout,
    excludeCredentials: Type.Array(
      Type.Object({
        type,
        id: Type.String({ description: 'The id of a passkey.', examples: ['vI0qOgge3ygBA1Ld5Vk5tw'] }),
        transports: Type.Array(Type.String({ description: 'A way.', examples: ['internal'] }), {
          description: 'How a browser may reach it.',
        }),
      }),
      { description: 'The passkeys that the account has.' },
    ),
    authenticatorSelection: Type.Object(
      {
        residentKey: required('The passkey knows whose it is.'),
        requireResidentKey: Type.Boolean({ description: 'The same, for old browsers.', examples: [true] }),
        userVerification,
      },
      { description: 'What the passkey has to be able to do.' },
    ),
    attestation: Type.Literal('none', { description: 'Who made it is not asked.', examples: ['none'] }),
  },
  { title: 'PasskeyCreationOptions', description: 'The options of `navigator.credentials.create`, as JSON.' },
);

export const RequestOptionsSchema = Type.Object(
  {
    rpId: Type.String({ description: 'The host name.', examples: ['chat.example.com'] }),
    challenge,
    timeout,
    userVerification,
  },
  { title: 'PasskeyRequestOptions', description: 'The options of `navigator.credentials.get`, as JSON.' },
);

export const PasskeySchema = Type.Object(
  {
    id: IdField('The id.'),
    name,
    rp_id: Type.String({ description: 'The host name that it works for.', examples: ['chat.example.com'] }),
    is_backed_up: Type.Boolean({
      description: 'Whether it is kept elsewhere too, as by a password manager.',
      examples: [true],
    }),
    created_at: TimeField('When it was added.'),
    last_used_at: nullable(TimeField('When somebody signed in by it last; null: never.')),
  },
  { title: 'Passkey', description: 'A passkey of the account.' },
);
export const PasskeyList = Type.Object(
  { data: Type.Array(PasskeySchema, { description: 'The oldest first.' }) },
  { title: 'PasskeyList', description: 'The passkeys of the account.' },
);

export function toPasskeyResource(record: PasskeyRecord): Static<typeof PasskeySchema> {
  return {
    id: record.id,
    name: record.name,
    rp_id: record.rpId,
    is_backed_up: record.isBackedUp,
    created_at: toTime(record.createdAt),
    last_used_at: record.lastUsedAt === null ? null : toTime(record.lastUsedAt),
  };
}
