/** The draft beside what is in production: edited, compared, submitted. */
import schema from 'colloquy:form/PersonaDraft';
import type { JSX } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { useChange } from '../../api/queries.ts';
import { FieldControl, ResourceForm, useLeaveGuard } from '../../forms/resource-form.tsx';
import { type Form, useForm } from '../../forms/use-form.ts';
import { Button, SelectField, TextField } from '../../parts/controls.tsx';
import { Dialog } from '../../parts/dialog.tsx';
import { Card, pageStyles } from '../../parts/page.tsx';
import { ErrorState } from '../../parts/states.tsx';
import { partStrings } from '../../parts/strings.ts';
import { tell } from '../../parts/toasts.tsx';
import { Differences } from './differences.tsx';
import type { PartProps } from './persona-page.tsx';
import styles from './personas.module.css';
import { personaStrings } from './strings.ts';
import type { Model, Persona, Version } from './types.ts';

const shown = [
  'model_id',
  'system_prompt',
  'temperature',
  'top_p',
  'max_tokens',
  'stop',
  'seed',
  'internet',
  'greeting',
  'suggestions',
  'show_reasoning',
];

export function Draft({ persona, versions, models }: PartProps): JSX.Element {
  const strings = personaStrings();
  const live = versions.find(({ state }) => state === 'active');
  const next = versions.find(({ state }) => state === 'next');
  const basis = next ?? live;
  const form = useForm({ schema, initial: basis ?? beginning(models), only: shown });
  const [isSubmitting, setSubmitting] = useState(false);
  const save = useChange<object, Persona>((body, api) =>
    api.call('PUT', api.admin(`personas/${persona.id}/next`), { body }),
  );
  useLeaveGuard(form.isChanged);
  const shownVersion = useRef(basis?.version);
  useEffect(() => {
    if (shownVersion.current === basis?.version) return;
    shownVersion.current = basis?.version;
    // Another version has become what is shown, by rolling back or by a colleague; what is typed is kept.
    if (!form.isChanged && basis !== undefined) form.restart(basis);
  }, [basis, form]);
  /** What the form does not show stays as it was. */
  const body = (note: string | null) => ({ ...form.values(), fallbacks: basis?.fallbacks ?? [], note });
  const saveDraft = () => form.submit(() => save.mutateAsync(body(next?.note ?? null)));
  return (
    <div class={pageStyles.columns}>
      <Card title={strings.draftOf}>
        <ResourceForm
          form={form}
          words={strings.words}
          action={strings.saveDraft}
          controls={{
            model_id: () => <ModelField form={form} models={models} />,
            system_prompt: (field) => (
              <>
                <FieldControl form={form} field={field} words={strings.words.system_prompt} />
                <p class={pageStyles.dim}>
                  {strings.tokens(estimate(String(form.inputs.system_prompt ?? '')))}
                </p>
              </>
            ),
          }}
          more={
            <Button isDisabled={next === undefined && !form.isChanged} onClick={() => setSubmitting(true)}>
              {strings.submit}
            </Button>
          }
          onSubmit={async () => {
            if (await saveDraft()) tell(strings.savedDraft);
          }}
        />
      </Card>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls is reached by the keyboard. */}
      <section class={styles.beside} tabIndex={0} aria-label={strings.differences}>
        <Card title={strings.differences}>
          {live === undefined ? (
            <p>{strings.nothingLive}</p>
          ) : (
            <Differences before={live} after={{ ...live, ...asVersion(form) }} models={models} />
          )}
        </Card>
      </section>
      {isSubmitting && (
        <Submit
          persona={persona}
          note={next?.note ?? ''}
          onSave={(note) =>
            form.isChanged || note !== (next?.note ?? null)
              ? form.submit(() => save.mutateAsync(body(note)))
              : Promise.resolve(true)
          }
          onClose={() => setSubmitting(false)}
        />
      )}
    </div>
  );
}

/** A persona that has no version yet begins with a model that can answer. */
function beginning(models: readonly Model[]): object {
  return { model_id: models.find(({ is_active }) => is_active)?.id, internet: false, show_reasoning: false };
}

/** Tokenizers differ; a token of English is about four characters. */
function estimate(text: string): number {
  return Math.ceil(text.length / 4);
}

/** What is typed, as far as it can be compared. */
function asVersion(form: Form): Partial<Version> {
  const values = form.values() as Partial<Version>;
  return { ...values, suggestions: values.suggestions ?? [] };
}

function ModelField({
  form,
  models,
}: {
  readonly form: Form;
  readonly models: readonly Model[];
}): JSX.Element {
  const strings = personaStrings();
  const chosen = String(form.inputs.model_id ?? '');
  const isKnown = models.some(({ id }) => id === chosen);
  return (
    <SelectField
      label={strings.model}
      name="model_id"
      value={chosen}
      problem={form.problems.model_id}
      choices={[
        ...(isKnown
          ? []
          : [{ value: chosen, label: chosen === '' ? strings.chooseModel : strings.unknownModel }]),
        ...models.map(({ id, name, is_active: isActive }) => ({
          value: id,
          label: isActive ? name : strings.inactive(name),
        })),
      ]}
      onChange={(id) => form.set('model_id', id)}
    />
  );
}

interface SubmitProps {
  readonly persona: Persona;
  readonly note: string;
  /** Saves what has changed, with the note. Gives whether that is done. */
  readonly onSave: (note: string | null) => Promise<boolean>;
  readonly onClose: () => void;
}

function Submit({ persona, note, onSave, onClose }: SubmitProps): JSX.Element {
  const strings = personaStrings();
  const [typed, setTyped] = useState(note);
  const submit = useChange((_: undefined, api) =>
    api.call('POST', api.admin(`personas/${persona.id}/submit`)),
  );
  const [isBusy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(undefined);
  const confirm = async () => {
    setBusy(true);
    try {
      if (!(await onSave(typed.trim() === '' ? null : typed.trim()))) {
        onClose();
        return;
      }
      await submit.mutateAsync(undefined);
      tell(strings.submitted);
      onClose();
    } catch (failure) {
      setError(failure);
      setBusy(false);
    }
  };
  return (
    <Dialog
      title={strings.submitTitle}
      onClose={onClose}
      foot={
        <>
          <Button onClick={onClose}>{partStrings().cancel}</Button>
          <Button look="primary" isBusy={isBusy} onClick={() => void confirm()}>
            {strings.submit}
          </Button>
        </>
      }
    >
      <p>{strings.submitText}</p>
      <TextField
        label={strings.note}
        hint={strings.noteHint}
        isOptional
        lines={3}
        value={typed}
        onInput={setTyped}
      />
      {error !== undefined && <ErrorState error={error} />}
    </Dialog>
  );
}
