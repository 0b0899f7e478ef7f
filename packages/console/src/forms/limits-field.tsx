/** The fields of a group of limits, and how much of each is used up. */
import type { JSX } from 'preact';
import { TextField } from '../parts/controls.tsx';
import { type FormField, problemOf } from './fields.ts';
import { limitName, limitStrings } from './limit-strings.ts';
import styles from './limits.module.css';
import { formatLimit, type Limits, limitsOf, shareOf, withLimit } from './limits.ts';
import { problemText } from './strings.ts';
import type { Form } from './use-form.ts';

export interface LimitsFieldProps {
  readonly form: Form;
  readonly field: FormField;
  readonly title: string;
  /** Only these. Default: all. */
  readonly only?: readonly string[];
}

export function LimitsField({ form, field, title, only }: LimitsFieldProps): JSX.Element {
  const strings = limitStrings();
  const input = String(form.inputs[field.name] ?? '');
  const limits = limitsOf(input);
  const problem = form.problems[field.name];
  const fields = (field.fields ?? []).filter(({ name }) => only === undefined || only.includes(name));
  return (
    <fieldset class={styles.group} name={field.name} tabIndex={-1}>
      <legend>{title}</legend>
      <p class={styles.hint}>{strings.hint}</p>
      {problem !== undefined && (
        <p class={styles.problem} role="alert">
          {problem}
        </p>
      )}
      <div class={styles.fields}>
        {fields.map((one) => {
          const value = String(limits[one.name] ?? '');
          const found = problemOf(one, value);
          return (
            <TextField
              key={one.name}
              label={limitName(one.name)}
              name={`${field.name}.${one.name}`}
              value={value}
              problem={found === undefined ? undefined : problemText(found)}
              onInput={(typed) => form.set(field.name, withLimit(input, one.name, typed))}
            />
          );
        })}
      </div>
    </fieldset>
  );
}

export interface UsedLimitsProps {
  readonly limits: Limits;
  readonly consumed: Limits;
}

/** A meter for each limit that is set. */
export function UsedLimits({ limits, consumed }: UsedLimitsProps): JSX.Element {
  const strings = limitStrings();
  const set = Object.entries(limits).filter((entry): entry is [string, number] => entry[1] != null);
  if (set.length === 0) return <span>{strings.none}</span>;
  return (
    <ul class={styles.used}>
      {set.map(([name, limit]) => {
        const used = consumed[name] ?? 0;
        const text = strings.usedOf(formatLimit(name, used), formatLimit(name, limit));
        return (
          <li key={name}>
            <span>{limitName(name)}</span>
            <span class={styles.figures}>{text}</span>
            <meter
              class={styles.meter}
              min={0}
              max={1}
              low={0.75}
              high={0.95}
              optimum={0}
              value={shareOf(used, limit)}
              aria-label={`${limitName(name)}: ${text}`}
            >
              {text}
            </meter>
          </li>
        );
      })}
    </ul>
  );
}

/** The one limit that is nearest to its end, for lists. */
export function NearestLimit({ limits, consumed }: UsedLimitsProps): JSX.Element {
  const strings = limitStrings();
  const [nearest] = Object.entries(limits)
    .filter((entry): entry is [string, number] => entry[1] != null)
    .map(([name, limit]) => ({ name, limit, used: consumed[name] ?? 0 }))
    .sort((a, b) => shareOf(b.used, b.limit) - shareOf(a.used, a.limit));
  if (nearest === undefined) return <span>{strings.none}</span>;
  const { name, limit, used } = nearest;
  return (
    <span>
      {limitName(name)}: {strings.usedOf(formatLimit(name, used), formatLimit(name, limit))}
    </span>
  );
}
