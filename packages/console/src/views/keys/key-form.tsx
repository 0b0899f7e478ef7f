/** The controls of a key that its schema alone does not give: personas by name, limits, and when it expires. */
import type { ComponentChildren, JSX } from 'preact';
import type { FormField } from '../../forms/fields.ts';
import { LimitsField } from '../../forms/limits-field.tsx';
import { TimeField } from '../../forms/time-field.tsx';
import type { Form } from '../../forms/use-form.ts';
import { CheckField, SelectField } from '../../parts/controls.tsx';
import { pageStyles } from '../../parts/page.tsx';
import styles from './keys.module.css';
import { keyStrings } from './strings.ts';
import type { Persona } from './types.ts';

/** An administration's key has nothing to do with conversations. */
export const fieldsOfAdministration = ['name', 'expires_at', 'limits'];
export const fieldsOfConversations = [
  'name',
  'default_persona_id',
  'personas',
  'expires_at',
  'allowed_origins',
  'limits',
  'end_user_limits',
];

export type KeyControls = Readonly<Record<string, (field: FormField) => ComponentChildren>>;

export function keyControls(
  form: Form,
  personas: readonly Persona[],
  isAdministration: boolean,
): KeyControls {
  const strings = keyStrings();
  return {
    default_persona_id: ({ name }) => (
      <SelectField
        name={name}
        label={strings.persona}
        value={String(form.inputs[name] ?? '')}
        problem={form.problems[name]}
        onChange={(value) => form.set(name, value)}
        choices={[
          { value: '', label: strings.noPersona },
          ...personas.map(({ id, name: label }) => ({ value: String(id), label })),
        ]}
      />
    ),
    personas: (field) => <PersonasField form={form} field={field} personas={personas} />,
    expires_at: (field) => (
      <TimeField form={form} field={field} label={strings.expires} hint={strings.expiresHint} />
    ),
    limits: (field) => (
      <LimitsField
        form={form}
        field={field}
        title={strings.ownLimits}
        {...(isAdministration && { only: ['writes_per_minute'] })}
      />
    ),
    end_user_limits: (field) => <LimitsField form={form} field={field} title={strings.endUserLimits} />,
  };
}

interface PersonasFieldProps {
  readonly form: Form;
  readonly field: FormField;
  readonly personas: readonly Persona[];
}

function PersonasField({ form, field, personas }: PersonasFieldProps): JSX.Element {
  const strings = keyStrings();
  const chosen = new Set(
    String(form.inputs[field.name] ?? '')
      .split('\n')
      .filter(Boolean),
  );
  const set = (id: string, isChosen: boolean) => {
    const next = new Set(chosen);
    if (isChosen) next.add(id);
    else next.delete(id);
    form.set(field.name, [...next].join('\n'));
  };
  return (
    <fieldset class={styles.personas} name={field.name} tabIndex={-1}>
      <legend>{strings.personas}</legend>
      <p class={pageStyles.dim}>{strings.personasHint}</p>
      {form.problems[field.name] !== undefined && <p role="alert">{form.problems[field.name]}</p>}
      {personas.map(({ id, name }) => (
        <CheckField
          key={id}
          label={name}
          isChecked={chosen.has(String(id))}
          onChange={(isChosen) => set(String(id), isChosen)}
        />
      ))}
    </fieldset>
  );
}
