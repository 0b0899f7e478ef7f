/** A form for a body of the administration: one control for each field of its schema; a view may replace any. */
import type { ComponentChildren, JSX } from 'preact';
import { useEffect } from 'preact/hooks';
import { Button, CheckField, SelectField, TextField } from '../parts/controls.tsx';
import { pageStyles } from '../parts/page.tsx';
import { ErrorState } from '../parts/states.tsx';
import { partStrings } from '../parts/strings.ts';
import { type FormField, titleOf } from './fields.ts';
import type { Form } from './use-form.ts';

export interface FieldWords {
  readonly title?: string;
  /** Null: none. Absent: what the server's documentation says. */
  readonly hint?: string | null;
  /** Lines of its control; 1: a text that may be long, but has no lines. */
  readonly lines?: number;
  /** Names for the values of a choice. */
  readonly choices?: Readonly<Record<string, string>>;
}

export interface FormFieldsProps {
  readonly form: Form;
  readonly words?: Readonly<Record<string, FieldWords>>;
  /** In place of the usual control. */
  readonly controls?: Readonly<Record<string, (field: FormField) => ComponentChildren>>;
}

export function FormFields({ form, words = {}, controls = {} }: FormFieldsProps): JSX.Element {
  return (
    <>
      {form.fields.map((field) => (
        <div key={field.name}>
          {controls[field.name]?.(field) ?? (
            <FieldControl form={form} field={field} words={words[field.name]} />
          )}
        </div>
      ))}
    </>
  );
}

interface FieldControlProps {
  readonly form: Form;
  readonly field: FormField;
  readonly words?: FieldWords | undefined;
}

/** The control that fits the kind of a field. */
export function FieldControl({ form, field, words = {} }: FieldControlProps): JSX.Element {
  const { name, kind, description } = field;
  const strings = partStrings();
  const label = words.title ?? titleOf(name);
  const told = words.hint === undefined ? plain(description) : (words.hint ?? undefined);
  const hint = kind === 'list' ? [told, strings.perLine].filter(Boolean).join(' ') : told;
  const input = form.inputs[name] ?? '';
  const shared = {
    name,
    label,
    problem: form.problems[name],
    isOptional: field.isNullable || (!field.isRequired && form.isForNew),
    ...(hint !== undefined && { hint }),
  };
  if (kind === 'boolean') {
    return (
      <CheckField
        name={name}
        label={label}
        {...(hint !== undefined && { hint })}
        isChecked={input === true}
        onChange={(isChecked) => form.set(name, isChecked)}
      />
    );
  }
  const text = String(input);
  if (kind === 'choice') {
    const choices = (field.choices ?? []).map((value) => ({ value, label: words.choices?.[value] ?? value }));
    const none = { value: '', label: words.choices?.[''] ?? strings.none };
    return (
      <SelectField
        {...shared}
        value={text}
        choices={field.isRequired && !field.isNullable ? choices : [none, ...choices]}
        onChange={(value) => form.set(name, value)}
      />
    );
  }
  return (
    <TextField
      {...shared}
      value={text}
      onInput={(value) => form.set(name, value)}
      {...(field.isWriteOnly && { type: 'password' as const, autoComplete: 'new-password' })}
      {...(kind === 'long-text' && words.lines !== 1 && { lines: words.lines ?? 4 })}
      {...(kind === 'list' && { lines: 3 })}
      // Examples of figures look like figures that were set.
      placeholder={field.isRequired || field.isWriteOnly ? field.example : undefined}
    />
  );
}

/** The documentation writes values in backticks. */
function plain(description: string | undefined): string | undefined {
  return description?.replaceAll('`', '');
}

export interface ResourceFormProps extends FormFieldsProps {
  /** What the button says. */
  readonly action?: string;
  readonly id?: string;
  /** Beside the button. */
  readonly more?: ComponentChildren;
  readonly hasButtons?: boolean;
  readonly children?: ComponentChildren;
  readonly onSubmit: () => Promise<unknown>;
}

export function ResourceForm(props: ResourceFormProps): JSX.Element {
  const { form, action, id, more, hasButtons = true, children, onSubmit, ...fields } = props;
  return (
    <form
      id={id}
      class={pageStyles.form}
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        void onSubmit();
      }}
    >
      <FormFields form={form} {...fields} />
      {children}
      {form.error !== undefined && <ErrorState error={form.error} />}
      {hasButtons && (
        <div class={pageStyles.row}>
          <Button type="submit" look="primary" isBusy={form.isBusy}>
            {action ?? partStrings().save}
          </Button>
          {more}
        </div>
      )}
    </form>
  );
}

/** Asks before the page is left with changes that are not saved: by a link of the console, or by closing the tab. */
export function useLeaveGuard(hasChanges: boolean): void {
  useEffect(() => {
    if (!hasChanges) return;
    const onUnload = (event: BeforeUnloadEvent) => event.preventDefault();
    const onClick = (event: MouseEvent) => {
      const link = event.target instanceof Element ? event.target.closest('a[href]') : null;
      if (link === null || link.getAttribute('target') === '_blank' || event.ctrlKey || event.metaKey) return;
      if (confirm(partStrings().unsaved)) return;
      event.preventDefault();
      event.stopPropagation();
    };
    addEventListener('beforeunload', onUnload);
    document.addEventListener('click', onClick, true);
    return () => {
      removeEventListener('beforeunload', onUnload);
      document.removeEventListener('click', onClick, true);
    };
  }, [hasChanges]);
}
