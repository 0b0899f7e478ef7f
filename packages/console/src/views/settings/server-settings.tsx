/** What was decided when the server was started, for its operators. Nothing of it is changed here. */
import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { useRead } from '../../api/queries.ts';
import { Badge, CheckField } from '../../parts/controls.tsx';
import { Card, Code, Facts, pageStyles } from '../../parts/page.tsx';
import { Loaded } from '../../parts/states.tsx';
import { Table } from '../../parts/table.tsx';
import { SearchTest } from './search-test.tsx';
import styles from './settings.module.css';
import { settingsStrings } from './strings.ts';
import type { ServerFacts, ServerVariable } from './types.ts';

export function ServerSettings(): JSX.Element {
  const facts = useRead<ServerFacts>('/api/admin/server-settings');
  return (
    <Loaded of={facts}>
      {({ sign_in: signIn, search, variables }) => (
        <>
          <div class={pageStyles.columns}>
            {signIn !== null && <SignIn of={signIn} />}
            <SearchTest of={search} />
          </div>
          <Variables of={variables} />
        </>
      )}
    </Loaded>
  );
}

function SignIn({ of }: { readonly of: NonNullable<ServerFacts['sign_in']> }): JSX.Element {
  const strings = settingsStrings();
  const { passwords, openid, openid_callback: callback, passkeys } = of;
  return (
    <Card title={strings.signIn}>
      <Facts
        of={[
          [strings.passwords, passwords ? strings.yes : strings.no],
          [strings.passkeys, passkeys.host ?? strings.passkeyStates[passkeys.state]],
          [
            strings.openId,
            openid === null ? strings.none : `${openid.label} (${URL.parse(openid.issuer)?.host})`,
          ],
        ]}
      />
      <p class={pageStyles.dim}>{strings.callbackText}</p>
      <Code label={strings.callback} text={callback} />
    </Card>
  );
}

function Variables({ of: variables }: { readonly of: readonly ServerVariable[] }): JSX.Element {
  const strings = settingsStrings();
  const [hasAll, setAll] = useState(false);
  return (
    <Card title={strings.environment}>
      <p class={pageStyles.dim}>{strings.environmentText}</p>
      <CheckField label={strings.allVariables} isChecked={hasAll} onChange={setAll} />
      <Table
        label={strings.environment}
        rows={variables.filter(({ is_set: isSet }) => isSet || hasAll)}
        keyOf={({ name }) => name}
        columns={[
          {
            title: strings.variable,
            isMain: true,
            show: ({ name }) => <code class={styles.variable}>{name}</code>,
          },
          { title: strings.value, show: (variable) => <Value of={variable} /> },
          {
            title: strings.origin,
            show: ({ is_set: isSet }) =>
              isSet ? <Badge tone="accent">{strings.fromEnvironment}</Badge> : strings.fromDefault,
          },
        ]}
      />
    </Card>
  );
}

function Value({ of }: { readonly of: ServerVariable }): JSX.Element {
  const strings = settingsStrings();
  const { value, is_secret: isSecret, is_set: isSet } = of;
  if (isSecret && isSet) return <span>{strings.secretSet}</span>;
  if (value === null) return <span>{strings.notSet}</span>;
  return <code class={styles.value}>{value}</code>;
}
