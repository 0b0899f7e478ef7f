/** One's own conversations: by day, or those that have some words. */
import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { Link } from 'wouter-preact';
import { useApi } from '../../api/api.ts';
import { useRead } from '../../api/queries.ts';
import { daysBefore } from '../../i18n/format.ts';
import { Button, LinkButton, TextField } from '../../parts/controls.tsx';
import { pageStyles } from '../../parts/page.tsx';
import { Loaded } from '../../parts/states.tsx';
import styles from './chat.module.css';
import { chatStrings } from './strings.ts';
import type { ListedConversation } from './types.ts';

const pageSize = 100;
/** A search begins when nothing was typed for so long, in milliseconds. */
const pauseMs = 250;

export function ChatList({ current }: { readonly current: string | undefined }): JSX.Element {
  const strings = chatStrings();
  const api = useApi();
  const [words, setWords] = useState('');
  const [searched, setSearched] = useState('');
  const [hasArchived, setArchived] = useState(false);
  const [limit, setLimit] = useState(pageSize);
  useEffect(() => {
    const timer = setTimeout(() => setSearched(words.trim()), pauseMs);
    return () => clearTimeout(timer);
  }, [words]);
  const list = useRead<readonly ListedConversation[]>('/api/conversation/list', {
    query: {
      org_id: api.organization.id,
      environment: api.environment,
      mine: true,
      is_archived: hasArchived,
      limit,
      q: searched,
    },
  });
  return (
    <nav class={styles.side} aria-label={strings.conversations}>
      <LinkButton href="/" icon="plus" look="primary">
        {strings.newChat}
      </LinkButton>
      <TextField label={strings.search} type="search" value={words} onInput={setWords} />
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls is reached by the keyboard. */}
      <section class={styles.list} tabIndex={0} aria-label={strings.conversations}>
        <Loaded of={list}>
          {(conversations) =>
            conversations.length === 0 ? (
              <p class={pageStyles.dim}>{searched === '' ? strings.noneYet : strings.noneFound}</p>
            ) : (
              <>
                {groupsOf(conversations, searched !== '').map(([title, members]) => (
                  <section key={title}>
                    {title !== '' && <h2 class={styles.group}>{title}</h2>}
                    <ul>
                      {members.map((one) => (
                        <li key={one.id}>
                          <Link
                            href={`/${one.id}${one.message_id ? `?message=${one.message_id}` : ''}`}
                            className={styles.entry}
                            aria-current={one.id === current ? 'page' : undefined}
                          >
                            {one.title}
                            {one.snippet && <span class={styles.snippet}>{one.snippet}</span>}
                          </Link>
                        </li>
                      ))}
                    </ul>
                  </section>
                ))}
                {conversations.length >= limit && (
                  <Button look="quiet" icon="down" onClick={() => setLimit(limit + pageSize)}>
                    {strings.older}
                  </Button>
                )}
              </>
            )
          }
        </Loaded>
      </section>
      <Button look="quiet" onClick={() => setArchived(!hasArchived)}>
        {hasArchived ? strings.hideArchived : strings.showArchived}
      </Button>
    </nav>
  );
}

type Group = readonly [title: string, members: readonly ListedConversation[]];

/** The best matches of a search stay in their order. */
function groupsOf(conversations: readonly ListedConversation[], isSearch: boolean): readonly Group[] {
  if (isSearch) return [['', conversations]];
  const strings = chatStrings();
  const titleOf = ({ updated_at: time }: ListedConversation) => {
    const days = daysBefore(time);
    if (days <= 0) return strings.today;
    if (days === 1) return strings.yesterday;
    return days < 7 ? strings.week : strings.older;
  };
  return [...Map.groupBy(conversations, titleOf)];
}
