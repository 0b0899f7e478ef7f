/** Signing in by a passkey: a button, or why there is none. */
import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { call } from '../api/request.ts';
import { type Session, signedIn } from '../api/session.ts';
import { Button } from '../parts/controls.tsx';
import { ErrorState, Note } from '../parts/states.tsx';
import styles from './access.module.css';
import { PasskeyError, type PasskeyOptions, passkeyObstacle } from './passkey-place.ts';
import type { RequestOptions } from './passkeys.ts';
import { accessStrings } from './strings.ts';

export function PasskeySignIn({ options }: { readonly options: PasskeyOptions }): JSX.Element | null {
  const strings = accessStrings();
  const [isBusy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(undefined);
  const obstacle = passkeyObstacle(options);
  if (obstacle === 'no_host_name' || obstacle === 'elsewhere') {
    return <p class={styles.dim}>{strings.passkeyObstacles[obstacle](options.origin ?? '')}</p>;
  }
  if (obstacle !== undefined) return null;
  const signIn = async () => {
    setBusy(true);
    setError(undefined);
    try {
      const asked = await call<RequestOptions>('POST', '/api/console/passkey-sign-in/options', { body: {} });
      const { usePasskey } = await import('./passkeys.ts');
      const credential = await usePasskey(asked);
      signedIn(await call<Session>('POST', '/api/console/passkey-sign-in', { body: { credential } }));
    } catch (failure) {
      setError(failure);
      setBusy(false);
    }
  };
  return (
    <>
      <Button onClick={() => void signIn()} isBusy={isBusy} icon="keys">
        {strings.signInByPasskey}
      </Button>
      {error instanceof PasskeyError && (
        <div role="alert">
          <Note tone="warn">{strings.passkeyProblems[error.problem]}</Note>
        </div>
      )}
      {error !== undefined && !(error instanceof PasskeyError) && <ErrorState error={error} />}
    </>
  );
}
