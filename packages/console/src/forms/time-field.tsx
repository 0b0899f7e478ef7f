/** A moment, chosen in the viewer's zone and sent as UTC. */
import type { JSX } from 'preact';
import { timeZone } from '../i18n/format.ts';
import { TextField } from '../parts/controls.tsx';
import { partStrings } from '../parts/strings.ts';
import type { FormField } from './fields.ts';
import type { Form } from './use-form.ts';

export interface TimeFieldProps {
  readonly form: Form;
  readonly field: FormField;
  readonly label: string;
  readonly hint?: string;
}

export function TimeField({ form, field, label, hint }: TimeFieldProps): JSX.Element {
  const input = String(form.inputs[field.name] ?? '');
  return (
    <TextField
      label={label}
      name={field.name}
      type="datetime-local"
      isOptional={!field.isRequired || field.isNullable}
      hint={[hint, partStrings().zone(timeZone())].filter(Boolean).join(' ')}
      problem={form.problems[field.name]}
      value={toLocal(input)}
      onInput={(local) => form.set(field.name, local === '' ? '' : new Date(local).toISOString())}
    />
  );
}

/** `2026-11-27T10:30`, as the control wants it. */
function toLocal(time: string): string {
  const date = new Date(time);
  if (time === '' || Number.isNaN(date.getTime())) return '';
  return new Date(date.getTime() - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}
