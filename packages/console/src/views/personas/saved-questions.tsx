/** A set of questions that both versions are asked one after the other, each in a conversation of its own. */
import type { JSX } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { useApi } from '../../api/api.ts';
import { memberClient } from '../../api/member-client.ts';
import { Button, TextField } from '../../parts/controls.tsx';
import { download } from '../../parts/download.ts';
import { Card, pageStyles } from '../../parts/page.tsx';
import { ErrorState } from '../../parts/states.tsx';
import { tell } from '../../parts/toasts.tsx';
import { type Comparison, nothingYet, startComparison } from './comparison.ts';
import type { PartProps } from './persona-page.tsx';
import {
  type Compared,
  conversationIn,
  keepQuestions,
  questionsOf,
  readQuestions,
  toCsv,
} from './questions.ts';
import { personaStrings } from './strings.ts';
import { ComparedAnswers } from './try-both.tsx';

interface ReadMessage {
  readonly role: string;
  readonly content: string;
}

/** Messages of a conversation that are looked through for questions. */
const mostMessages = 1000;

export function SavedQuestions({ persona }: PartProps): JSX.Element {
  const strings = personaStrings();
  const api = useApi();
  const [text, setText] = useState(() => readQuestions(api.organization.id, persona.id));
  const [rows, setRows] = useState<readonly Compared[]>([]);
  const [isRunning, setRunning] = useState(false);
  const current = useRef<{ comparison: Comparison; isStopped: boolean } | undefined>(undefined);
  const questions = questionsOf(text);
  const change = (next: string) => {
    setText(next);
    keepQuestions(api.organization.id, persona.id, next);
  };
  const stop = () => {
    if (current.current === undefined) return;
    current.current.isStopped = true;
    void current.current.comparison.erase();
  };
  useEffect(() => stop, []);
  const erase = (id: string) =>
    api.call('DELETE', '/api/conversation/delete', {
      query: { org_id: api.organization.id, environment: api.environment, conversation_id: id },
    });
  const run = async () => {
    setRunning(true);
    setRows([]);
    for (const [place, question] of questions.entries()) {
      const comparison = startComparison(memberClient(api), persona.id, erase);
      const own = { comparison, isStopped: false };
      current.current = own;
      setRows((before) => [...before, { question, answers: { active: nothingYet, next: nothingYet } }]);
      await comparison.ask(question, (side, answer) =>
        setRows((before) =>
          before.map((row, index) =>
            index === place ? { ...row, answers: { ...row.answers, [side]: answer } } : row,
          ),
        ),
      );
      await comparison.erase();
      if (own.isStopped) break;
    }
    setRunning(false);
  };
  return (
    <Card title={strings.questions}>
      <TextField
        label={strings.questions}
        hint={strings.questionsHint}
        lines={5}
        value={text}
        onInput={change}
      />
      <FromConversation
        onFound={(found) => {
          change([...questions, ...found].join('\n'));
          tell(strings.addedQuestions(found.length));
        }}
      />
      <div class={pageStyles.row}>
        <Button
          look="primary"
          icon="play"
          isDisabled={questions.length === 0}
          isBusy={isRunning}
          onClick={() => void run()}
        >
          {strings.runQuestions(questions.length)}
        </Button>
        {isRunning && <Button onClick={stop}>{strings.stopQuestions}</Button>}
        {rows.length > 0 && (
          <>
            <span role="status">
              {strings.progress(
                rows.filter(({ answers }) => answers.active.isOver && answers.next.isOver).length,
                questions.length,
              )}
            </span>
            <Button onClick={() => download(`${persona.alias}.csv`, 'text/csv', toCsv(rows))}>
              {strings.exportCsv}
            </Button>
          </>
        )}
      </div>
      {rows.map((row, index) => (
        <ComparedAnswers key={`${index} ${row.question}`} compared={row} />
      ))}
    </Card>
  );
}

/** What people have really asked, taken out of a conversation that one may read. */
function FromConversation({
  onFound,
}: {
  readonly onFound: (questions: readonly string[]) => void;
}): JSX.Element {
  const strings = personaStrings();
  const api = useApi();
  const [place, setPlace] = useState('');
  const [problem, setProblem] = useState<string | undefined>(undefined);
  const [error, setError] = useState<unknown>(undefined);
  const add = async () => {
    const id = conversationIn(place);
    setProblem(id === undefined ? strings.notAnAddress : undefined);
    setError(undefined);
    if (id === undefined) return;
    try {
      const { messages } = await api.get<{ messages: readonly ReadMessage[] }>('/api/conversation/messages', {
        org_id: api.organization.id,
        environment: api.environment,
        conversation_id: id,
        branch: 'current',
        limit: mostMessages,
      });
      // A question is one line here.
      onFound(
        messages
          .filter(({ role }) => role === 'user')
          .map(({ content }) => content.replace(/\s+/g, ' ').trim()),
      );
      setPlace('');
    } catch (failure) {
      setError(failure);
    }
  };
  return (
    <form
      class={pageStyles.filters}
      onSubmit={(event) => {
        event.preventDefault();
        void add();
      }}
    >
      <TextField
        label={strings.addFromConversation}
        hint={strings.addFromHint}
        value={place}
        problem={problem}
        onInput={setPlace}
      />
      <div>
        <Button type="submit">{strings.add}</Button>
      </div>
      {error !== undefined && <ErrorState error={error} />}
    </form>
  );
}
