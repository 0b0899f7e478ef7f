/** Chat: one's own conversations, and the one that is open. */
import type { JSX } from 'preact';
import { Route, Switch } from 'wouter-preact';
import { NotFound } from '../../shell/not-found.tsx';
import styles from './chat.module.css';
import { ChatList } from './chat-list.tsx';
import { OpenChat } from './open-chat.tsx';
import { chatStrings } from './strings.ts';

export default function ChatView(): JSX.Element {
  return (
    <Switch>
      <Route path="/">
        <Split shows="pane" conversation={undefined} />
      </Route>
      <Route path="/list">
        <Split shows="list" conversation={undefined} />
      </Route>
      <Route path="/:conversation">
        {({ conversation }) => <Split shows="pane" conversation={conversation} />}
      </Route>
      <Route>
        <NotFound />
      </Route>
    </Switch>
  );
}

interface SplitProps {
  /** On narrow screens there is room for one of them. */
  readonly shows: 'list' | 'pane';
  readonly conversation: string | undefined;
}

function Split({ shows, conversation }: SplitProps): JSX.Element {
  return (
    <div class={styles.chat} data-shows={shows}>
      {shows === 'list' && <h1 class={styles.listTitle}>{chatStrings().conversations}</h1>}
      <ChatList current={conversation} />
      <OpenChat conversation={conversation} />
    </div>
  );
}
