/** Sets of questions of the organization: kept, changed, and asked both versions of a persona. */
import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { Link } from 'wouter-preact';
import { useApi } from '../../api/api.ts';
import { useChange, useRead } from '../../api/queries.ts';
import { Button, SelectField, TextField } from '../../parts/controls.tsx';
import { Confirm } from '../../parts/dialog.tsx';
import { Card, pageStyles } from '../../parts/page.tsx';
import { ErrorState, Loaded } from '../../parts/states.tsx';
import { toConsole } from '../../state/paths.ts';
import { useUrlState } from '../../state/url-state.ts';
import type { PartProps } from './persona-page.tsx';
import styles from './personas.module.css';
import { conversationIn } from './questions.ts';
import { RunQuestions } from './run-questions.tsx';
import { personaStrings } from './strings.ts';
import { allOfThem, type List, type Question, type QuestionSet } from './types.ts';

export function SavedQuestions({ persona }: PartProps): JSX.Element {
  const strings = personaStrings();
  const api = useApi();
  const sets = useRead<List<QuestionSet>>(api.admin('question-sets'), { query: { limit: allOfThem } });
  const [selected, setSelected] = useUrlState('set');
  return (
    <Card title={strings.questions}>
      <p>{strings.questionsText}</p>
      <Loaded of={sets}>
        {({ data }) => {
          const set = data.find(({ id }) => id === selected) ?? data[0];
          return (
            <>
              {set === undefined ? (
                <p>{strings.noSet}</p>
              ) : (
                <SelectField
                  label={strings.set}
                  value={set.id}
                  choices={data.map(({ id, name }) => ({ value: id, label: name }))}
                  onChange={(id) => setSelected(id)}
                />
              )}
              {set !== undefined && (
                <OneSet key={set.id} set={set} personaId={persona.id} alias={persona.alias} />
              )}
              <NewSet onMade={(id) => setSelected(id)} />
            </>
          );
        }}
      </Loaded>
    </Card>
  );
}

function NewSet({ onMade }: { readonly onMade: (id: string) => void }): JSX.Element {
  const strings = personaStrings();
  const [name, setName] = useState('');
  const add = useChange<string, QuestionSet>((text, api) =>
    api.call('POST', api.admin('question-sets'), { body: { name: text } }),
  );
  return (
    <form
      class={styles.form}
      onSubmit={(event) => {
        event.preventDefault();
        const text = name.trim();
        if (text === '' || add.isPending) return;
        add.mutate(text, {
          onSuccess({ id }) {
            setName('');
            onMade(id);
          },
        });
      }}
    >
      <TextField label={strings.newSetName} value={name} onInput={setName} />
      {add.error !== null && <ErrorState error={add.error} />}
      <div>
        <Button type="submit" icon="plus" isBusy={add.isPending}>
          {strings.newSet}
        </Button>
      </div>
    </form>
  );
}

interface OneSetProps {
  readonly set: QuestionSet;
  readonly personaId: number;
  readonly alias: string;
}

function OneSet({ set, personaId, alias }: OneSetProps): JSX.Element {
  const strings = personaStrings();
  const api = useApi();
  const path = api.admin(`question-sets/${set.id}`);
  const whole = useRead<{ readonly questions: readonly Question[] }>(path);
  const [isAsking, setAsking] = useState(false);
  const remove = useChange((question: string, { call }) => call('DELETE', `${path}/questions/${question}`));
  const removeSet = useChange(
    (_: undefined, { call }) => call('DELETE', path),
    () => [api.admin('question-sets')],
  );
  return (
    <Loaded of={whole}>
      {({ questions }) => (
        <>
          {questions.length === 0 && <p>{strings.noQuestions}</p>}
          {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls is reached by the keyboard. */}
          {/* biome-ignore lint/a11y/useSemanticElements: it is no group of controls of a form. */}
          <div class={styles.bounded} tabIndex={0} role="group" aria-label={set.name}>
            <ol class={styles.questions}>
              {questions.map(({ id, turns, conversation_id: origin }) => (
                <li key={id}>
                  <span class={styles.asked}>{turns.join('\n')}</span>
                  {origin !== null && (
                    <Link href={toConsole(`/conversations/${origin}`)}>{strings.takenFrom}</Link>
                  )}
                  <Button
                    look="quiet"
                    icon="close"
                    label={`${strings.remove}: ${turns[0] ?? ''}`}
                    onClick={() => remove.mutate(id)}
                  />
                </li>
              ))}
            </ol>
          </div>
          {remove.error !== null && <ErrorState error={remove.error} />}
          <NewQuestion path={path} />
          <RunQuestions personaId={personaId} alias={alias} questions={questions} />
          <div>
            <Button look="danger" icon="trash" onClick={() => setAsking(true)}>
              {strings.deleteSet}
            </Button>
          </div>
          {isAsking && (
            <Confirm
              title={strings.deleteSetTitle(set.name)}
              name={set.name}
              action={strings.deleteSet}
              onClose={() => setAsking(false)}
              onConfirm={() => removeSet.mutateAsync(undefined)}
            >
              {strings.deleteSetText(questions.length)}
            </Confirm>
          )}
        </>
      )}
    </Loaded>
  );
}

/** A question that is written, or what somebody has really asked. */
function NewQuestion({ path }: { readonly path: string }): JSX.Element {
  const strings = personaStrings();
  const [text, setText] = useState('');
  const [place, setPlace] = useState('');
  const [problem, setProblem] = useState<string | undefined>(undefined);
  const add = useChange((body: object, { call }) => call('POST', `${path}/questions`, { body }));
  const addWritten = () => {
    const turns = text
      .split(/\n\s*\n/)
      .map((turn) => turn.trim())
      .filter((turn) => turn !== '');
    if (turns.length > 0) add.mutate({ turns }, { onSuccess: () => setText('') });
  };
  const addTaken = () => {
    const id = conversationIn(place);
    setProblem(id === undefined ? strings.notAnAddress : undefined);
    if (id !== undefined) add.mutate({ conversation_id: id }, { onSuccess: () => setPlace('') });
  };
  return (
    <>
      <div class={pageStyles.columns}>
        <form
          class={styles.form}
          onSubmit={(event) => {
            event.preventDefault();
            addWritten();
          }}
        >
          <TextField
            label={strings.newQuestion}
            hint={strings.newQuestionHint}
            lines={3}
            value={text}
            onInput={setText}
          />
          <div>
            <Button type="submit" icon="plus" isBusy={add.isPending}>
              {strings.add}
            </Button>
          </div>
        </form>
        <form
          class={styles.form}
          onSubmit={(event) => {
            event.preventDefault();
            addTaken();
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
            <Button type="submit" icon="conversations" isBusy={add.isPending}>
              {strings.add}
            </Button>
          </div>
        </form>
      </div>
      {add.error !== null && <ErrorState error={add.error} />}
    </>
  );
}
