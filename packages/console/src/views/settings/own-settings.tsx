/** One's own account and this browser. */
import { useQuery } from '@tanstack/preact-query';
import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { useChange } from '../../api/queries.ts';
import { ApiError, call } from '../../api/request.ts';
import { readSession } from '../../api/session.ts';
import { submitted } from '../../forms/submitted.ts';
import { formatAgo } from '../../i18n/format.ts';
import { languages } from '../../i18n/languages.ts';
import { Badge, Button, SelectField, TextField } from '../../parts/controls.tsx';
import { Card, pageStyles } from '../../parts/page.tsx';
import { ErrorState, Loaded } from '../../parts/states.tsx';
import { partStrings } from '../../parts/strings.ts';
import { Table } from '../../parts/table.tsx';
import { tell } from '../../parts/toasts.tsx';
import { type Preferences, prefer, preferences } from '../../state/preferences.ts';
import { useStore } from '../../state/store.ts';
import { Passkeys } from './passkeys.tsx';
import { settingsStrings } from './strings.ts';
import type { Profile, SignInSession } from './types.ts';

export function OwnSettings(): JSX.Element {
  const profile = useQuery<Profile, Error>({
    queryKey: ['me'],
    queryFn: ({ signal }) => call<Profile>('GET', '/api/console/me', { signal }),
  });
  return (
    <>
      <div class={pageStyles.columns}>
        <Loaded of={profile}>
          {({ account }) => (
            <>
              <Name key={account.name} of={account} />
              <Password of={account} onChanged={() => void profile.refetch()} />
            </>
          )}
        </Loaded>
        <Looks />
      </div>
      <Passkeys />
      <Sessions />
    </>
  );
}

interface AccountProps {
  readonly of: Profile['account'];
}

function Name({ of: account }: AccountProps): JSX.Element {
  const strings = settingsStrings();
  const [name, setName] = useState(account.name);
  const save = useChange<string>(
    async (wanted) => {
      await call('PATCH', '/api/console/me', { body: { name: wanted } });
      await readSession();
    },
    () => [],
  );
  return (
    <Card title={strings.profile}>
      <form
        class={pageStyles.form}
        onSubmit={(event) => {
          event.preventDefault();
          save.mutate(submitted(event, 'name'), { onSuccess: () => tell(strings.saved) });
        }}
      >
        <p>{strings.email(account.email)}</p>
        <TextField label={strings.name} name="name" value={name} onInput={setName} autoComplete="name" />
        {save.error !== null && <ErrorState error={save.error} />}
        <div>
          <Button type="submit" look="primary" isBusy={save.isPending}>
            {partStrings().save}
          </Button>
        </div>
      </form>
    </Card>
  );
}

function Password({ of, onChanged }: AccountProps & { readonly onChanged: () => void }): JSX.Element {
  const strings = settingsStrings();
  const [current, setCurrent] = useState('');
  const [password, setPassword] = useState('');
  const save = useChange<object>(
    (body) => call('PATCH', '/api/console/me', { body }),
    () => [],
  );
  const problemAt = (field: string) =>
    save.error instanceof ApiError && save.error.field === field ? save.error.message : undefined;
  const isNamed = problemAt('password') !== undefined || problemAt('current_password') !== undefined;
  return (
    <Card title={strings.password}>
      <form
        class={pageStyles.form}
        onSubmit={(event) => {
          event.preventDefault();
          const body = {
            password: submitted(event, 'password'),
            ...(of.has_password && { current_password: submitted(event, 'current_password') }),
          };
          save.mutate(body, {
            onSuccess() {
              tell(strings.passwordChanged);
              setCurrent('');
              setPassword('');
              onChanged();
            },
          });
        }}
      >
        {of.has_password && (
          <TextField
            label={strings.currentPassword}
            name="current_password"
            type="password"
            autoComplete="current-password"
            value={current}
            onInput={setCurrent}
            problem={problemAt('current_password')}
          />
        )}
        <TextField
          label={strings.newPassword}
          name="password"
          type="password"
          autoComplete="new-password"
          hint={strings.passwordHint}
          value={password}
          onInput={setPassword}
          problem={problemAt('password')}
        />
        {save.error !== null && !isNamed && <ErrorState error={save.error} />}
        <div>
          <Button type="submit" isBusy={save.isPending}>
            {strings.changePassword}
          </Button>
        </div>
      </form>
    </Card>
  );
}

/** They hold in this browser, at once. */
function Looks(): JSX.Element {
  const strings = settingsStrings();
  const { theme, language, sendKey, announcements } = useStore(preferences);
  const choices = (texts: Readonly<Record<string, string>>) =>
    Object.entries(texts).map(([value, label]) => ({ value, label }));
  return (
    <Card title={strings.looks}>
      <div class={pageStyles.form}>
        <SelectField
          label={strings.theme}
          value={theme}
          onChange={(value) => prefer({ theme: value as Preferences['theme'] })}
          choices={choices(strings.themes)}
        />
        <SelectField
          label={strings.language}
          value={language ?? ''}
          onChange={(value) => {
            prefer({ language: value === '' ? null : value });
            // Texts are chosen before anything is shown.
            location.reload();
          }}
          choices={[
            { value: '', label: strings.asBrowser },
            ...Object.entries(languages).map(([value, { name: label }]) => ({ value, label })),
          ]}
        />
        <SelectField
          label={strings.sendKey}
          value={sendKey}
          onChange={(value) => prefer({ sendKey: value as Preferences['sendKey'] })}
          choices={choices(strings.sendKeys)}
        />
        <SelectField
          label={strings.announcements}
          value={announcements}
          onChange={(value) => prefer({ announcements: value as Preferences['announcements'] })}
          choices={choices(strings.announcementChoices)}
        />
      </div>
    </Card>
  );
}

function Sessions(): JSX.Element {
  const strings = settingsStrings();
  const sessions = useQuery<{ readonly data: readonly SignInSession[] }, Error>({
    queryKey: ['sign-in-sessions'],
    queryFn: ({ signal }) => call('GET', '/api/console/sessions', { signal }),
  });
  const end = useChange<string>(
    (id) => call('DELETE', `/api/console/sessions/${id}`, { body: {} }),
    () => [],
  );
  return (
    <Card title={strings.sessions}>
      {end.error !== null && <ErrorState error={end.error} />}
      <Loaded of={sessions} lines={2}>
        {({ data }) => (
          <Table
            label={strings.sessions}
            rows={data}
            keyOf={({ id }) => id}
            columns={[
              {
                title: strings.browser,
                isMain: true,
                show: ({ user_agent: agent, is_current: isCurrent }) => (
                  <span class={pageStyles.row}>
                    {agent ?? strings.unknown}
                    {isCurrent && <Badge tone="accent">{strings.current}</Badge>}
                  </span>
                ),
              },
              { title: strings.address, show: ({ address }) => address ?? strings.unknown },
              { title: strings.lastUsed, show: ({ last_used_at: at }) => formatAgo(at) },
              {
                title: '',
                show: ({ id, is_current: isCurrent }) =>
                  !isCurrent && (
                    <Button
                      onClick={() =>
                        end.mutate(id, {
                          onSuccess() {
                            tell(strings.sessionEnded);
                            void sessions.refetch();
                          },
                        })
                      }
                    >
                      {strings.endSession}
                    </Button>
                  ),
              },
            ]}
          />
        )}
      </Loaded>
    </Card>
  );
}
