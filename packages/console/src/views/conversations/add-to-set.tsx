/** Takes messages of the user into a set of questions, with which a persona's versions are compared. */
import type { JSX } from 'preact';
import { useId, useState } from 'preact/hooks';
import { useApi } from '../../api/api.ts';
import { allOfThem, type List } from '../../api/list.ts';
import { useChange, useRead } from '../../api/queries.ts';
import { Button, CheckField, SelectField, TextField } from '../../parts/controls.tsx';
import { Dialog } from '../../parts/dialog.tsx';
import { pageStyles } from '../../parts/page.tsx';
import { ErrorState, Loaded } from '../../parts/states.tsx';
import { partStrings } from '../../parts/strings.ts';
import { tell } from '../../parts/toasts.tsx';
import { conversationStrings } from './strings.ts';
import type { Message, Named } from './types.ts';

/** Turns of one question, as the server bounds them. */
const mostTurns = 5;
/** Of a message in the list, in characters. */
const shownText = 200;

interface AddToSetProps {
  readonly conversationId: string;
  /** Those of the user that are shown, oldest first. */
  readonly messages: readonly Message[];
  /** The one at which it was opened. */
  readonly first: string;
  readonly onClose: () => void;
}

export function AddToSet(props: AddToSetProps): JSX.Element {
  const api = useApi();
  const strings = conversationStrings();
  const sets = useRead<List<Named & { readonly id: string }>>(api.admin('question-sets'), {
    query: { limit: allOfThem },
  });
  const form = useId();
  return (
    <Dialog
      title={strings.addToSetTitle}
      onClose={props.onClose}
      foot={
        <>
          <Button onClick={props.onClose}>{partStrings().cancel}</Button>
          <Button type="submit" look="primary" form={form} isDisabled={sets.data === undefined}>
            {strings.add}
          </Button>
        </>
      }
    >
      <Loaded of={sets}>{({ data }) => <Choice {...props} form={form} sets={data} />}</Loaded>
    </Dialog>
  );
}

interface ChoiceProps extends AddToSetProps {
  readonly form: string;
  readonly sets: readonly { readonly id: string; readonly name: string }[];
}

interface Adding {
  readonly setId: string;
  readonly name: string;
  readonly questions: readonly (readonly string[])[];
}

function Choice({ conversationId, messages, first, onClose, form, sets }: ChoiceProps): JSX.Element {
  const strings = conversationStrings();
  const [setId, setSetId] = useState(sets[0]?.id ?? '');
  const [name, setName] = useState('');
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set([first]));
  const [isOne, setOne] = useState(true);
  const [isNameMissing, setNameMissing] = useState(false);
  const [problem, setProblem] = useState<string | undefined>(undefined);
  /** A set that was made stays the one, should a question be refused. */
  const add = useChange<Adding>(
    async (adding, api) => {
      let id = adding.setId;
      if (id === '') {
        const body = { name: adding.name };
        id = (await api.call<{ readonly id: string }>('POST', api.admin('question-sets'), { body })).id;
        setSetId(id);
      }
      for (const messageIds of adding.questions)
        await api.call('POST', api.admin(`question-sets/${id}/questions`), {
          body: { conversation_id: conversationId, message_ids: messageIds },
        });
    },
    ({ setId: id }, api) => [
      api.admin('question-sets'),
      ...(id === '' ? [] : [api.admin(`question-sets/${id}`)]),
    ],
  );
  const choose = (id: string, isChosen: boolean) => {
    const next = new Set(chosen);
    if (isChosen) next.add(id);
    else next.delete(id);
    setChosen(next);
  };
  const submit = () => {
    const ids = messages.map(({ id }) => id).filter((id) => chosen.has(id));
    const isNameless = setId === '' && name.trim() === '';
    const wrong =
      ids.length === 0
        ? strings.noneChosen
        : isOne && ids.length > mostTurns
          ? strings.tooManyTurns(mostTurns)
          : undefined;
    setNameMissing(isNameless);
    setProblem(wrong);
    if (isNameless || wrong !== undefined || add.isPending) return;
    const questions = isOne ? [ids] : ids.map((id) => [id]);
    add.mutate(
      { setId, name: name.trim(), questions },
      {
        onSuccess() {
          tell(strings.addedToSet(questions.length));
          onClose();
        },
      },
    );
  };
  return (
    <form
      id={form}
      class={pageStyles.form}
      onSubmit={(event) => {
        event.preventDefault();
        submit();
      }}
    >
      <SelectField
        label={strings.set}
        value={setId}
        choices={[
          ...sets.map(({ id, name: title }) => ({ value: id, label: title })),
          // One that was made just now is not in the list yet.
          ...(setId !== '' && !sets.some(({ id }) => id === setId) ? [{ value: setId, label: name }] : []),
          { value: '', label: strings.newSet },
        ]}
        onChange={setSetId}
      />
      {setId === '' && (
        <TextField
          label={strings.newSetName}
          value={name}
          {...(isNameMissing && name.trim() === '' && { problem: strings.setNameMissing })}
          onInput={setName}
        />
      )}
      <fieldset>
        <legend>{strings.messagesToTake}</legend>
        {messages.map(({ id, content }) => (
          <CheckField
            key={id}
            label={content.length > shownText ? `${content.slice(0, shownText).toWellFormed()}…` : content}
            isChecked={chosen.has(id)}
            onChange={(isChosen) => choose(id, isChosen)}
          />
        ))}
      </fieldset>
      {chosen.size > 1 && (
        <SelectField
          label={strings.takenAs}
          value={isOne ? 'one' : 'each'}
          choices={[
            { value: 'one', label: strings.asOne(chosen.size) },
            { value: 'each', label: strings.asEach(chosen.size) },
          ]}
          onChange={(value) => setOne(value === 'one')}
        />
      )}
      {problem !== undefined && <ErrorState error={new Error(problem)} />}
      {add.error !== null && <ErrorState error={add.error} />}
    </form>
  );
}
