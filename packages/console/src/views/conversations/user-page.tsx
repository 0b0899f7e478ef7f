/** One end user: what was used, everything as a file, and the end of it with a receipt. */
import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { Link } from 'wouter-preact';
import { useApi } from '../../api/api.ts';
import { useChange, useRead } from '../../api/queries.ts';
import { UsedLimits } from '../../forms/limits-field.tsx';
import { formatAgo, formatCost, formatNumber, formatTime } from '../../i18n/format.ts';
import { Button, LinkButton } from '../../parts/controls.tsx';
import { Confirm } from '../../parts/dialog.tsx';
import { LoadedPage } from '../../parts/loaded-page.tsx';
import { Card, Facts, Page, pageStyles } from '../../parts/page.tsx';
import { fileName, saveFile } from '../../parts/save-file.ts';
import { EmptyState, ErrorState } from '../../parts/states.tsx';
import { tell } from '../../parts/toasts.tsx';
import { useUrlState } from '../../state/url-state.ts';
import { conversationStrings } from './strings.ts';
import type { EndUser, ErasedUser } from './types.ts';

interface Receipt extends ErasedUser {
  readonly user_id: string;
  readonly environment: string;
  readonly erased_at: string;
}

export function UserPage(): JSX.Element {
  const strings = conversationStrings();
  const api = useApi();
  const [id] = useUrlState('id');
  const [receipt, setReceipt] = useState<Receipt | undefined>(undefined);
  const users = useRead<{ readonly data: readonly EndUser[] }>(api.admin('users'), {
    query: { user_id: id, environment: api.environment },
    isWanted: id !== '' && receipt === undefined,
  });
  if (receipt !== undefined) return <ShownReceipt of={receipt} />;
  return (
    <LoadedPage of={users} back={{ href: '/users', label: strings.users }}>
      {({ data: [user] }) =>
        user === undefined ? (
          <EmptyState
            isPage
            title={strings.notThere}
            action={<LinkButton href="/users">{strings.backToUsers}</LinkButton>}
          >
            {strings.usersEmpty}
          </EmptyState>
        ) : (
          <Page
            title={user.user_id}
            back={{ href: '/users', label: strings.users }}
            actions={<Actions of={user} onErased={setReceipt} />}
          >
            <div class={pageStyles.columns}>
              <Card title={strings.about}>
                <Facts
                  of={[
                    [strings.conversationCount, formatNumber(user.conversations)],
                    [strings.requests, formatNumber(user.requests)],
                    [strings.errors, formatNumber(user.errors)],
                    [strings.tokens, formatNumber(user.total_tokens)],
                    [strings.cost, formatCost(user.cost)],
                    [strings.unpriced, user.unpriced_calls === 0 ? null : formatNumber(user.unpriced_calls)],
                    [strings.since, formatTime(user.created_at)],
                    [
                      strings.lastActive,
                      user.last_active_at === null ? strings.neverActive : formatAgo(user.last_active_at),
                    ],
                  ]}
                />
                <Link href={`/?user=${encodeURIComponent(user.user_id)}`}>{strings.theirConversations}</Link>
              </Card>
              <Card title={strings.limits}>
                <UsedLimits limits={user.limits} consumed={user.consumed} />
              </Card>
            </div>
          </Page>
        )
      }
    </LoadedPage>
  );
}

interface ActionsProps {
  readonly of: EndUser;
  readonly onErased: (receipt: Receipt) => void;
}

function Actions({ of: user, onErased }: ActionsProps): JSX.Element {
  const strings = conversationStrings();
  const [isAsking, setAsking] = useState(false);
  const query = { user_id: user.user_id, environment: user.environment };
  const save = useChange(
    async (_: undefined, api) => {
      const response = await api.send('GET', api.admin('users/export'), { query });
      saveFile(fileName(user.user_id, 'jsonl'), await response.blob());
    },
    () => [],
  );
  const erase = useChange<undefined, ErasedUser>((_, api) =>
    api.call('DELETE', api.admin('users'), { query }),
  );
  return (
    <>
      {save.error !== null && <ErrorState error={save.error} />}
      <Button isBusy={save.isPending} onClick={() => save.mutate(undefined)}>
        {strings.exportUser}
      </Button>
      <Button look="danger" icon="trash" onClick={() => setAsking(true)}>
        {strings.eraseUser}
      </Button>
      {isAsking && (
        <Confirm
          title={strings.eraseTitle(user.user_id)}
          name={user.user_id}
          action={strings.eraseUser}
          onClose={() => setAsking(false)}
          onConfirm={async () => {
            const { deleted, kept } = await erase.mutateAsync(undefined);
            tell(strings.erased);
            onErased({ ...query, erased_at: new Date().toISOString(), deleted, kept });
          }}
        >
          {strings.eraseText(user.conversations)}
        </Confirm>
      )}
    </>
  );
}

/** What the erasure came to, shown until one goes elsewhere. */
function ShownReceipt({ of: receipt }: { readonly of: Receipt }): JSX.Element {
  const strings = conversationStrings();
  const save = () => {
    const text = `${JSON.stringify(receipt, null, 2)}\n`;
    saveFile(fileName(`${receipt.user_id}-${strings.receipt}`, 'json'), new Blob([text]));
  };
  return (
    <Page
      title={strings.receipt}
      back={{ href: '/users', label: strings.users }}
      actions={<Button onClick={save}>{strings.receiptFile}</Button>}
    >
      <Card>
        <p>{strings.receiptOf(receipt.user_id, formatTime(receipt.erased_at))}</p>
        <h2>{strings.receiptDeleted}</h2>
        <Facts
          of={Object.entries(receipt.deleted).map(([name, count]) => [
            name.replaceAll('_', ' '),
            formatNumber(count),
          ])}
        />
        {receipt.kept.length > 0 && (
          <>
            <h2>{strings.receiptKept}</h2>
            <ul>
              {receipt.kept.map((text) => (
                <li key={text}>{text}</li>
              ))}
            </ul>
          </>
        )}
      </Card>
    </Page>
  );
}
