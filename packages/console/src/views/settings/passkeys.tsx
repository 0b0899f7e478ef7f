/** The passkeys of one's own account. */
import { useQuery } from '@tanstack/preact-query';
import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { PasskeyError, type PasskeyOptions, passkeyObstacle } from '../../access/passkey-place.ts';
import type { CreationOptions } from '../../access/passkeys.ts';
import { accessStrings } from '../../access/strings.ts';
import { ApiError, call } from '../../api/request.ts';
import { submitted } from '../../forms/submitted.ts';
import { formatAgo } from '../../i18n/format.ts';
import { Badge, Button, TextField } from '../../parts/controls.tsx';
import { Confirm, Dialog } from '../../parts/dialog.tsx';
import { Card, pageStyles } from '../../parts/page.tsx';
import { ErrorState, Loaded, Note } from '../../parts/states.tsx';
import { partStrings } from '../../parts/strings.ts';
import { Table } from '../../parts/table.tsx';
import { tell } from '../../parts/toasts.tsx';
import { settingsStrings } from './strings.ts';
import type { Passkey } from './types.ts';

type Opened = { readonly what: 'add' } | { readonly what: 'rename' | 'delete'; readonly passkey: Passkey };

export function Passkeys(): JSX.Element | null {
  const strings = settingsStrings();
  const [opened, setOpened] = useState<Opened | undefined>(undefined);
  const options = useQuery<{ readonly passkeys: PasskeyOptions }, Error>({
    queryKey: ['sign-in-options'],
    queryFn: ({ signal }) => call('GET', '/api/console/options', { signal }),
  });
  const passkeys = useQuery<{ readonly data: readonly Passkey[] }, Error>({
    queryKey: ['passkeys'],
    queryFn: ({ signal }) => call('GET', '/api/console/passkeys', { signal }),
  });
  const place = options.data?.passkeys;
  const obstacle = place && passkeyObstacle(place);
  if (obstacle === 'off' && passkeys.data?.data.length === 0) return null;
  const done = (told: string) => {
    setOpened(undefined);
    tell(told);
    void passkeys.refetch();
  };
  return (
    <Card title={strings.passkeys}>
      <p>{strings.passkeysText}</p>
      {obstacle !== undefined && (
        <Note>{accessStrings().passkeyObstacles[obstacle](place?.origin ?? '')}</Note>
      )}
      {options.isError && <ErrorState error={options.error} onRetry={() => void options.refetch()} />}
      <Loaded of={passkeys} lines={2}>
        {({ data }) => data.length > 0 && <PasskeyTable rows={data} onOpen={setOpened} />}
      </Loaded>
      {place !== undefined && obstacle === undefined && (
        <div>
          <Button icon="plus" onClick={() => setOpened({ what: 'add' })}>
            {strings.addPasskey}
          </Button>
        </div>
      )}
      {opened?.what === 'add' && (
        <AddPasskey onClose={() => setOpened(undefined)} onAdded={() => done(strings.passkeyAdded)} />
      )}
      {opened?.what === 'rename' && (
        <RenamePasskey
          of={opened.passkey}
          onClose={() => setOpened(undefined)}
          onRenamed={() => done(strings.saved)}
        />
      )}
      {opened?.what === 'delete' && (
        <Confirm
          title={strings.deletePasskeyTitle(opened.passkey.name)}
          action={strings.delete}
          onConfirm={async () => {
            await call('DELETE', `/api/console/passkeys/${opened.passkey.id}`, { body: {} });
            done(strings.passkeyDeleted);
          }}
          onClose={() => setOpened(undefined)}
        >
          {strings.deletePasskeyText}
        </Confirm>
      )}
    </Card>
  );
}

interface TableOfPasskeysProps {
  readonly rows: readonly Passkey[];
  readonly onOpen: (opened: Opened) => void;
}

function PasskeyTable({ rows, onOpen }: TableOfPasskeysProps): JSX.Element {
  const strings = settingsStrings();
  const here = location.hostname;
  return (
    <Table
      label={strings.passkeys}
      rows={rows}
      keyOf={({ id }) => id}
      columns={[
        {
          title: strings.name,
          isMain: true,
          show: ({ name, rp_id: host }) => (
            <span class={pageStyles.row}>
              {name}
              {host !== here && <Badge tone="warn">{strings.passkeyFor(host)}</Badge>}
            </span>
          ),
        },
        { title: strings.added, show: ({ created_at: at }) => formatAgo(at) },
        {
          title: strings.lastUsed,
          show: ({ last_used_at: at }) => (at === null ? strings.never : formatAgo(at)),
        },
        {
          title: '',
          show: (passkey) => (
            <span class={pageStyles.row}>
              <Button onClick={() => onOpen({ what: 'rename', passkey })}>{strings.rename}</Button>
              <Button onClick={() => onOpen({ what: 'delete', passkey })}>{strings.delete}</Button>
            </span>
          ),
        },
      ]}
    />
  );
}

/** What most people would call it. */
function guessName(): string {
  const [device = ''] = /iPhone|iPad|Android|Mac|Windows|Linux/.exec(navigator.userAgent) ?? [];
  return device;
}

interface AddPasskeyProps {
  readonly onClose: () => void;
  readonly onAdded: () => void;
}

/** Asks for a name and, where the server wants it, for the present password. */
function AddPasskey({ onClose, onAdded }: AddPasskeyProps): JSX.Element {
  const strings = settingsStrings();
  const [name, setName] = useState(guessName);
  const [password, setPassword] = useState('');
  const [asksPassword, setAsksPassword] = useState(false);
  const [isBusy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(undefined);
  const add = async (wanted: string, given: string) => {
    setBusy(true);
    setError(undefined);
    try {
      const asked = await call<CreationOptions>('POST', '/api/console/passkeys/options', {
        body: { ...(given !== '' && { current_password: given }) },
      });
      const { makePasskey } = await import('../../access/passkeys.ts');
      const credential = await makePasskey(asked);
      await call('POST', '/api/console/passkeys', { body: { name: wanted, credential } });
      onAdded();
    } catch (failure) {
      const isAboutPassword = failure instanceof ApiError && failure.field === 'current_password';
      if (isAboutPassword) setAsksPassword(true);
      // That it is asked for is no failure yet.
      if (!isAboutPassword || asksPassword) setError(failure);
      setBusy(false);
    }
  };
  const problemAt = (field: string) =>
    error instanceof ApiError && error.field === field ? error.message : undefined;
  const isNamed = problemAt('current_password') !== undefined || problemAt('name') !== undefined;
  return (
    <Dialog
      title={strings.addPasskey}
      onClose={onClose}
      foot={
        <>
          <Button onClick={onClose}>{partStrings().cancel}</Button>
          <Button type="submit" form="add-passkey" look="primary" isBusy={isBusy}>
            {strings.goOn}
          </Button>
        </>
      }
    >
      <form
        id="add-passkey"
        class={pageStyles.form}
        onSubmit={(event) => {
          event.preventDefault();
          if (!isBusy) void add(submitted(event, 'name'), submitted(event, 'current_password'));
        }}
      >
        <TextField
          label={strings.name}
          name="name"
          hint={strings.passkeyNameHint}
          isRequired
          value={name}
          onInput={setName}
          problem={problemAt('name')}
        />
        {asksPassword && (
          <TextField
            label={strings.currentPassword}
            name="current_password"
            type="password"
            autoComplete="current-password"
            hint={strings.passkeyPasswordHint}
            isRequired
            value={password}
            onInput={setPassword}
            problem={problemAt('current_password')}
          />
        )}
        {error instanceof PasskeyError && (
          <div role="alert">
            <Note tone="warn">{accessStrings().passkeyProblems[error.problem]}</Note>
          </div>
        )}
        {error !== undefined && !isNamed && !(error instanceof PasskeyError) && <ErrorState error={error} />}
      </form>
    </Dialog>
  );
}

interface RenamePasskeyProps {
  readonly of: Passkey;
  readonly onClose: () => void;
  readonly onRenamed: () => void;
}

function RenamePasskey({ of: passkey, onClose, onRenamed }: RenamePasskeyProps): JSX.Element {
  const strings = settingsStrings();
  const [name, setName] = useState(passkey.name);
  const [isBusy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(undefined);
  const rename = async (wanted: string) => {
    setBusy(true);
    setError(undefined);
    try {
      await call('PATCH', `/api/console/passkeys/${passkey.id}`, { body: { name: wanted } });
      onRenamed();
    } catch (failure) {
      setError(failure);
      setBusy(false);
    }
  };
  return (
    <Dialog
      title={strings.renamePasskey}
      onClose={onClose}
      foot={
        <>
          <Button onClick={onClose}>{partStrings().cancel}</Button>
          <Button type="submit" form="rename-passkey" look="primary" isBusy={isBusy}>
            {partStrings().save}
          </Button>
        </>
      }
    >
      <form
        id="rename-passkey"
        class={pageStyles.form}
        onSubmit={(event) => {
          event.preventDefault();
          if (!isBusy) void rename(submitted(event, 'name'));
        }}
      >
        <TextField label={strings.name} name="name" isRequired value={name} onInput={setName} />
        {error !== undefined && <ErrorState error={error} />}
      </form>
    </Dialog>
  );
}
