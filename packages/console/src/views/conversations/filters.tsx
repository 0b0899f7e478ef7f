/** The filters of the list, which stand in the address. */
import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { useSearchParams } from 'wouter-preact';
import { useApi } from '../../api/api.ts';
import { allOfThem, type List } from '../../api/list.ts';
import { useRead } from '../../api/queries.ts';
import type { Query } from '../../api/request.ts';
import { Button, SelectField, TextField } from '../../parts/controls.tsx';
import { pageStyles } from '../../parts/page.tsx';
import { cursorName } from '../../parts/pager.tsx';
import styles from './conversations.module.css';
import { conversationStrings } from './strings.ts';
import type { Named } from './types.ts';

const names = ['q', 'status', 'user', 'persona', 'model', 'key', 'from', 'to', 'archived'] as const;
export type FilterName = (typeof names)[number];

/** Below that width, in pixels, the filters are folded up. */
const narrow = 700;

/** Typing does not ask the server with every letter, in milliseconds. */
const pauseMs = 300;

export interface Filters {
  readonly values: Readonly<Record<FilterName, string>>;
  readonly areSet: boolean;
  set(name: FilterName, value: string): void;
  clear(): void;
}

export function useFilters(): Filters {
  const [params, setParams] = useSearchParams();
  const values = Object.fromEntries(names.map((name) => [name, params.get(name) ?? ''])) as Record<
    FilterName,
    string
  >;
  const change = (changes: Partial<Record<FilterName, string>>) =>
    setParams(
      (before) => {
        const after = new URLSearchParams(before);
        // Another filter is another list: its pages begin anew.
        after.delete(cursorName);
        for (const [name, value] of Object.entries(changes)) {
          if (value === '') after.delete(name);
          else after.set(name, value);
        }
        return after;
      },
      { replace: true },
    );
  return {
    values,
    areSet: names.some((name) => values[name] !== ''),
    set: (name, value) => change({ [name]: value }),
    clear: () => change(Object.fromEntries(names.map((name) => [name, '']))),
  };
}

/** As the server is asked. Days are those of the viewer's zone, the last one whole. */
export function queryOf({ values }: Pick<Filters, 'values'>): Query {
  return {
    q: values.q,
    status: values.status,
    user_id: values.user,
    persona_id: values.persona,
    model_id: values.model,
    key_id: values.key,
    is_archived: values.archived,
    from: startOf(values.from, 0),
    to: startOf(values.to, 1),
  };
}

/** The beginning of a day, or of the one that follows after so many; a time as it is. */
function startOf(value: string, days: number): string | undefined {
  const day = /^(\d{4})-(\d{2})-(\d{2})$/.exec(value);
  if (day === null) return value === '' ? undefined : value;
  const [, year, month, date] = day.map(Number);
  return new Date(year ?? 0, (month ?? 1) - 1, (date ?? 1) + days).toISOString();
}

/** The day of a time in the viewer's zone, for the field. */
function dayOf(value: string): string {
  const time = new Date(value);
  if (value === '' || /^\d{4}-\d{2}-\d{2}$/.test(value) || Number.isNaN(time.getTime())) return value;
  const two = (part: number) => String(part).padStart(2, '0');
  return `${time.getFullYear()}-${two(time.getMonth() + 1)}-${two(time.getDate())}`;
}

export function FilterBar({ filters }: { readonly filters: Filters }): JSX.Element {
  const strings = conversationStrings();
  const api = useApi();
  const all = { query: { limit: allOfThem } };
  const personas = useRead<List<Named>>(api.admin('personas'), all);
  const models = useRead<List<Named>>(api.admin('models'), all);
  const keys = useRead<List<Named>>(api.admin('keys'), all);
  const { values, set } = filters;
  // On narrow screens they would leave no room for the list.
  const [isOpen] = useState(() => innerWidth >= narrow || filters.areSet);
  const choice = (name: FilterName, label: string, named: readonly Named[] = []) => (
    <SelectField
      label={label}
      value={values[name]}
      onChange={(value) => set(name, value)}
      choices={[
        { value: '', label: strings.any },
        ...named.map((one) => ({ value: String(one.id), label: one.name })),
        // What is asked for stays chosen, whether or not it is there.
        ...(values[name] !== '' && !named.some(({ id }) => String(id) === values[name])
          ? [{ value: values[name], label: values[name] }]
          : []),
      ]}
    />
  );
  return (
    <search class={pageStyles.form}>
      <Typed label={strings.search} value={values.q} onSettled={(value) => set('q', value)} />
      <details class={styles.more} open={isOpen}>
        <summary>{strings.filters}</summary>
        <div class={pageStyles.filters}>
          <SelectField
            label={strings.status}
            value={values.status}
            onChange={(value) => set('status', value)}
            choices={[
              { value: '', label: strings.anyStatus },
              ...Object.entries(strings.statuses).map(([value, label]) => ({ value, label })),
            ]}
          />
          <Typed label={strings.user} value={values.user} onSettled={(value) => set('user', value)} />
          {choice('persona', strings.persona, personas.data?.data)}
          {choice('model', strings.model, models.data?.data)}
          {choice('key', strings.key, keys.data?.data)}
          <TextField
            label={strings.from}
            type="date"
            value={dayOf(values.from)}
            onInput={(value) => set('from', value)}
          />
          <TextField
            label={strings.to}
            type="date"
            value={dayOf(values.to)}
            onInput={(value) => set('to', value)}
          />
          <SelectField
            label={strings.archived}
            value={values.archived}
            onChange={(value) => set('archived', value)}
            choices={Object.entries(strings.archivedChoices).map(([value, label]) => ({ value, label }))}
          />
          {filters.areSet && (
            <Button icon="close" onClick={filters.clear}>
              {strings.clear}
            </Button>
          )}
        </div>
      </details>
    </search>
  );
}

export interface TypedProps {
  readonly label: string;
  readonly value: string;
  readonly onSettled: (value: string) => void;
}

/** A field whose value is taken when nothing was typed for a moment. */
export function Typed({ label, value, onSettled }: TypedProps): JSX.Element {
  const [typed, setTyped] = useState(value);
  useEffect(() => setTyped(value), [value]);
  useEffect(() => {
    if (typed === value) return;
    const timer = setTimeout(() => onSettled(typed.trim()), pauseMs);
    return () => clearTimeout(timer);
  }, [typed, value]);
  return <TextField label={label} type="search" value={typed} onInput={setTyped} />;
}
