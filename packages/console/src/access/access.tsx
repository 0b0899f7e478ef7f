/** What is shown while nobody is signed in: sign-in, setup with the printed link, and links for one use. */
import type { ComponentChildren, JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { ApiError, basePath, call } from '../api/request.ts';
import { type Session, sessionState, signedIn } from '../api/session.ts';
import { Button, TextField } from '../parts/controls.tsx';
import { Icon } from '../parts/icons.tsx';
import { useTitle } from '../parts/page.tsx';
import { ErrorState, Loading, Note } from '../parts/states.tsx';
import { useStore } from '../state/store.ts';
import styles from './access.module.css';
import { clearLink, type Link, signInError } from './link.ts';
import type { PasskeyOptions } from './passkey-place.ts';
import { PasskeySignIn } from './passkey-sign-in.tsx';
import { accessStrings } from './strings.ts';

/** How one can sign in here. */
interface SignInOptions {
  readonly is_set_up: boolean;
  readonly password: boolean;
  readonly oidc: { readonly label: string; readonly url: string } | null;
  readonly passkeys: PasskeyOptions;
  readonly is_secure: boolean;
}

interface LinkFacts {
  readonly purpose: 'setup' | 'invite' | 'reset';
  readonly email: string | null;
  readonly organization: string | null;
  readonly has_account: boolean;
}

const leastPassword = 12;

export function Access({ link }: { readonly link: Link | undefined }): JSX.Element {
  const strings = accessStrings();
  const options = useOnce<SignInOptions>(() => call('GET', '/api/console/options'));
  if (options.error !== undefined) {
    return (
      <Box title={strings.signIn}>
        <ErrorState error={options.error} onRetry={() => location.reload()} />
      </Box>
    );
  }
  if (options.data === undefined) return <Loading />;
  if (link?.purpose === 'setup') return <SetUp token={link.token} options={options.data} />;
  if (link !== undefined) return <FollowLink token={link.token} options={options.data} />;
  return <SignIn options={options.data} />;
}

function Box({
  title,
  options,
  children,
}: {
  readonly title: string;
  readonly options?: SignInOptions;
  readonly children: ComponentChildren;
}): JSX.Element {
  useTitle(title);
  return (
    <main class={styles.place}>
      <div class={styles.box}>
        <div class={styles.brand}>
          <Icon name="chat" />
          Colloquy
        </div>
        <h1>{title}</h1>
        {options?.is_secure === false && <Note tone="warn">{accessStrings().insecure}</Note>}
        {children}
      </div>
    </main>
  );
}

function SignIn({ options }: { readonly options: SignInOptions }): JSX.Element {
  const strings = accessStrings();
  const [email, setEmail] = useState('');
  const [password, setPassword] = useState('');
  const { submit, isBusy, error } = useSubmit(() =>
    call<Session>('POST', '/api/console/sign-in', { body: { email, password } }),
  );
  const { oidc } = options;
  const failure = useStore(signInError);
  return (
    <Box title={strings.signIn} options={options}>
      {failure !== undefined && <Note tone="warn">{strings.signInErrors[failure]}</Note>}
      {!options.is_set_up && <Note tone="warn">{strings.noneYet}</Note>}
      {oidc && (
        <Button look="primary" onClick={() => location.assign(pathOf(oidc.url))}>
          {strings.signInWith(oidc.label)}
        </Button>
      )}
      {options.password && (
        <form class={styles.form} onSubmit={submit}>
          {error !== undefined && <ErrorState error={error} />}
          <TextField
            label={strings.email}
            type="email"
            name="email"
            autoComplete="username"
            isRequired
            value={email}
            onInput={setEmail}
          />
          <TextField
            label={strings.password}
            type="password"
            name="password"
            autoComplete="current-password"
            isRequired
            value={password}
            onInput={setPassword}
          />
          <Button type="submit" look={oidc ? 'plain' : 'primary'} isBusy={isBusy}>
            {strings.signIn}
          </Button>
        </form>
      )}
      {options.is_set_up && <PasskeySignIn options={options.passkeys} />}
      {options.is_set_up && <p class={styles.dim}>{strings.noAccount}</p>}
      {options.is_set_up && options.password && <p class={styles.dim}>{strings.forgotten}</p>}
    </Box>
  );
}

/** The server gives a path of its own, with the path below which it is seen or without it. */
function pathOf(url: string): string {
  return url.startsWith(`${basePath}/`) ? url : basePath + url;
}

interface LinkProps {
  readonly token: string;
  readonly options: SignInOptions;
}

function SetUp({ token, options }: LinkProps): JSX.Element {
  const strings = accessStrings();
  const [name, setName] = useState('');
  const [email, setEmail] = useState('');
  const passwords = usePasswords();
  const { submit, isBusy, error } = useSubmit(async () => {
    if (options.password && !passwords.check()) return undefined;
    const body = { token, name, email, ...(options.password && { password: passwords.password }) };
    return call<Session>('POST', '/api/console/setup', { body });
  });
  return (
    <Box title={strings.setup} options={options}>
      <p class={styles.dim}>{strings.setupText}</p>
      <form class={styles.form} onSubmit={submit}>
        {error !== undefined && <ErrorState error={error} />}
        <TextField
          label={strings.name}
          name="name"
          autoComplete="name"
          isRequired
          value={name}
          onInput={setName}
          problem={problemAt(error, 'name')}
        />
        <TextField
          label={strings.email}
          type="email"
          name="email"
          autoComplete="username"
          isRequired
          value={email}
          onInput={setEmail}
          problem={problemAt(error, 'email')}
        />
        {options.password && passwords.fields}
        <Button type="submit" look="primary" isBusy={isBusy}>
          {strings.setupAction}
        </Button>
      </form>
    </Box>
  );
}

/** An invitation or the way back into an account. */
function FollowLink({ token, options }: LinkProps): JSX.Element {
  const strings = accessStrings();
  const facts = useOnce<LinkFacts>(() => call('POST', '/api/console/link/look', { body: { token } }));
  if (facts.error !== undefined) {
    const isGone =
      facts.error instanceof ApiError && facts.error.status !== undefined && facts.error.status < 500;
    return (
      <Box title={strings.link}>
        {isGone ? <Note tone="warn">{strings.linkGone}</Note> : <ErrorState error={facts.error} />}
        <Button onClick={clearLink}>{strings.toSignIn}</Button>
      </Box>
    );
  }
  if (facts.data === undefined) return <Loading />;
  return <LinkForm token={token} options={options} facts={facts.data} />;
}

function LinkForm({ token, options, facts }: LinkProps & { readonly facts: LinkFacts }): JSX.Element {
  const strings = accessStrings();
  const state = useStore(sessionState);
  const isNew = !facts.has_account;
  /** An invitation for an address that has an account: its owner shows who they are. */
  const isKnown = facts.purpose === 'invite' && facts.has_account;
  const isOwner = state.state === 'signed-in' && state.session.account.email === facts.email;
  const asks = isKnown ? (isOwner ? 'nothing' : 'password') : options.password ? 'new' : 'nothing';
  const [name, setName] = useState('');
  const [password, setPassword] = useState('');
  const passwords = usePasswords();
  const { submit, isBusy, error } = useSubmit(async () => {
    if (asks === 'new' && !passwords.check()) return undefined;
    const body = {
      token,
      ...(asks === 'password' && { password }),
      ...(asks === 'new' && { password: passwords.password }),
      ...(isNew && { name }),
    };
    return call<Session>('POST', '/api/console/link', { body });
  });
  return (
    <Box title={facts.organization ?? strings.link} options={options}>
      {facts.email !== null && <p>{facts.email}</p>}
      {asks === 'new' && <p class={styles.dim}>{strings.linkText}</p>}
      {asks === 'password' && <p class={styles.dim}>{strings.linkKnown}</p>}
      <form class={styles.form} onSubmit={submit}>
        {error !== undefined && <ErrorState error={error} />}
        {isNew && (
          <TextField
            label={strings.name}
            name="name"
            autoComplete="name"
            isRequired
            value={name}
            onInput={setName}
            problem={problemAt(error, 'name')}
          />
        )}
        {asks === 'new' && passwords.fields}
        {asks === 'password' && (
          <TextField
            label={strings.password}
            type="password"
            name="password"
            autoComplete="current-password"
            isRequired
            value={password}
            onInput={setPassword}
          />
        )}
        <Button type="submit" look="primary" isBusy={isBusy}>
          {asks === 'new' ? strings.linkAction : asks === 'password' ? strings.signIn : strings.goOn}
        </Button>
      </form>
    </Box>
  );
}

/** The new password, twice. */
function usePasswords() {
  const strings = accessStrings();
  const [password, setPassword] = useState('');
  const [repeated, setRepeated] = useState('');
  const [isChecked, setChecked] = useState(false);
  const isShort = [...password].length < leastPassword;
  const differs = password !== repeated;
  const fields = (
    <>
      <TextField
        label={strings.newPassword}
        hint={strings.passwordHint}
        type="password"
        name="new-password"
        autoComplete="new-password"
        isRequired
        value={password}
        onInput={setPassword}
        problem={isChecked && isShort ? strings.passwordShort : undefined}
      />
      <TextField
        label={strings.repeat}
        type="password"
        name="repeated-password"
        autoComplete="new-password"
        isRequired
        value={repeated}
        onInput={setRepeated}
        problem={isChecked && differs ? strings.repeatDiffers : undefined}
      />
    </>
  );
  return {
    fields,
    password,
    check() {
      setChecked(true);
      return !isShort && !differs;
    },
  };
}

/** Sends a form; `undefined` means that it was not fit to be sent. */
function useSubmit(send: () => Promise<Session | undefined>) {
  const [isBusy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(undefined);
  const submit = async (event: Event) => {
    event.preventDefault();
    if (isBusy) return;
    setBusy(true);
    setError(undefined);
    try {
      const session = await send();
      if (session !== undefined) {
        clearLink();
        signedIn(session);
      }
    } catch (failure) {
      setError(failure);
    } finally {
      setBusy(false);
    }
  };
  return { submit, isBusy, error };
}

function problemAt(error: unknown, field: string): string | undefined {
  return error instanceof ApiError && error.field === field ? error.message : undefined;
}

/** What is read once when the page is shown. */
function useOnce<T>(read: () => Promise<T>): { readonly data?: T; readonly error?: unknown } {
  const [state, setState] = useState<{ data?: T; error?: unknown }>({});
  useEffect(() => {
    read().then(
      (data) => setState({ data }),
      (error: unknown) => setState({ error }),
    );
  }, []);
  return state;
}
