/** The schemas of what was decided when the server was started. */
import { type Static, Type } from 'typebox';
import { passkeyStates } from '../../../domain/accounts/account.ts';
import type { SearchTrial, ServerFacts, SignInFacts } from '../../../domain/operations/server-facts.ts';
import { closed, nullable, oneOf, orNull, TextField } from '../../openapi/fields.ts';

const engine = Type.String({
  description: 'The engine that answers from the internet use; `wikipedia` where none is set.',
  examples: ['searxng'],
});

const SignIn = Type.Object(
  {
    passwords: Type.Boolean({
      description: 'Whether passwords and passkeys let people in.',
      examples: [true],
    }),
    openid: orNull(
      Type.Object(
        {
          issuer: Type.String({
            description: 'The issuer.',
            examples: ['https://login.example.com/realms/acme'],
          }),
          label: Type.String({ description: 'What the button says.', examples: ['Single sign-on'] }),
        },
        { description: 'The OpenID provider; null: there is none.' },
      ),
    ),
    openid_callback: Type.String({
      description: 'The address to register at a provider: it sends people back there.',
      examples: ['https://chat.example.com/api/console/oidc/callback'],
    }),
    passkeys: Type.Object(
      {
        state: oneOf(passkeyStates, {
          description:
            'Whether there are passkeys where the caller is: `no_host_name` at an address that is a number, `insecure` without HTTPS, `off` with `PASSWORD_SIGN_IN=off`.',
          examples: ['available'],
        }),
        host: nullable(
          Type.String({
            description: 'The host name that they are made for; null: there are none.',
            examples: ['chat.example.com'],
          }),
        ),
      },
      { description: 'Passkeys.' },
    ),
  },
  { description: 'How people sign in to the console; null where no server runs.' },
);

export const ServerSettings = Type.Object(
  {
    variables: Type.Array(
      Type.Object(
        {
          name: Type.String({ description: 'The name.', examples: ['COLLOQUY_TITLES'] }),
          value: nullable(
            Type.String({
              description:
                'What holds: the value, else the default; addresses without credentials and query. Null: there is neither, or it is a secret.',
              examples: ['on'],
            }),
          ),
          is_set: Type.Boolean({ description: 'Whether the environment sets it.', examples: [false] }),
          is_secret: Type.Boolean({ description: 'Whether its value is not shown.', examples: [false] }),
        },
        { title: 'ServerVariable', description: 'A variable of the environment.' },
      ),
      { description: 'All that the server reads, in the order of `.env.example`.' },
    ),
    search: Type.Object(
      {
        engine,
        variable: nullable(
          Type.String({
            description: 'The variable by which it was chosen; null: none is set.',
            examples: ['SEARXNG_URL'],
          }),
        ),
      },
      { description: 'How the web is searched.' },
    ),
    sign_in: orNull(SignIn),
  },
  { title: 'ServerSettings', description: 'What was decided when the server was started.' },
);

export const SearchTrialBody = Type.Object(
  { query: TextField('What to search for.', 'the height of the Eiffel Tower', { maxLength: 400 }) },
  { ...closed, title: 'NewSearchTrial' },
);

export const SearchTrialResource = Type.Object(
  {
    ok: Type.Boolean({ description: 'Whether the engine answered.', examples: [true] }),
    engine,
    latency_ms: Type.Integer({ minimum: 0, description: 'How long it took.', examples: [420] }),
    hits: Type.Array(
      Type.Object(
        {
          title: Type.String({ description: 'The title of the page.', examples: ['Eiffel Tower'] }),
          url: Type.String({
            description: 'Its address.',
            examples: ['https://en.wikipedia.org/wiki/Eiffel_Tower'],
          }),
        },
        { description: 'A page.' },
      ),
      { description: 'What it found, best first, 8 at most; empty too where it found nothing.' },
    ),
    error: nullable(
      Type.String({ description: 'Why it failed.', examples: ["SearXNG can't be reached: no such host"] }),
    ),
  },
  { title: 'SearchTrial', description: 'A search that was tried.' },
);

export function toServerSettings(
  { variables, search }: ServerFacts,
  signIn: SignInFacts | undefined,
): Static<typeof ServerSettings> {
  return {
    variables: variables.map(({ name, value, isSet, isSecret }) => ({
      name,
      value,
      is_set: isSet,
      is_secret: isSecret,
    })),
    search: { engine: search.engine, variable: search.variable },
    sign_in:
      signIn === undefined
        ? null
        : {
            passwords: signIn.takesPasswords,
            openid: signIn.openId ?? null,
            openid_callback: signIn.callback,
            passkeys: { state: signIn.passkeys.state, host: signIn.passkeys.host ?? null },
          },
  };
}

export function toTrial({ engine, latencyMs, hits, error }: SearchTrial): Static<typeof SearchTrialResource> {
  return { ok: error === undefined, engine, latency_ms: latencyMs, hits: [...hits], error: error ?? null };
}
