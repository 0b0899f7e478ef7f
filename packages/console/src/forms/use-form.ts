/** The state of a form: what was typed, what is wrong with it, and what of it is sent. */
import { useMemo, useRef, useState } from 'preact/hooks';
import { ApiError } from '../api/request.ts';
import { type FieldInput, type FormField, type FormSchema, problemOf, toInput, toValue } from './fields.ts';
import { problemText } from './strings.ts';

export interface Form {
  readonly fields: readonly FormField[];
  readonly inputs: Readonly<Record<string, FieldInput>>;
  /** Sentences by the names of fields. */
  readonly problems: Readonly<Record<string, string>>;
  /** What went wrong and belongs to no field. */
  readonly error: unknown;
  readonly isBusy: boolean;
  /** Whether something new is made; else what is left as it is stays. */
  readonly isForNew: boolean;
  /** Whether something differs from what it began with. */
  readonly isChanged: boolean;
  set(name: string, input: FieldInput): void;
  /** The values of all fields, by the names of the wire. */
  values(): Record<string, unknown>;
  /** Those that differ from what it began with. */
  changes(): Record<string, unknown>;
  /** Checks, sends, and puts what the server refuses at its field. Gives whether it was sent. */
  submit(send: () => Promise<unknown>): Promise<boolean>;
  /** Begins anew with other values. */
  restart(values: object): void;
}

export interface FormOptions {
  readonly schema: FormSchema;
  /** What the server gave, or a beginning; other names in it are passed over. */
  readonly initial?: object | undefined;
  /** Only these fields, in this order. */
  readonly only?: readonly string[];
}

type Inputs = Readonly<Record<string, FieldInput>>;

export function useForm({ schema, initial = {}, only }: FormOptions): Form {
  const names = only?.join(' ');
  const fields = useMemo(
    () =>
      names === undefined
        ? schema.fields
        : names.split(' ').flatMap((name) => schema.fields.find((field) => field.name === name) ?? []),
    [schema, names],
  );
  const [beginning, setBeginning] = useState<Inputs>(() => inputsOf(fields, initial));
  const [inputs, setInputs] = useState<Inputs>(beginning);
  const [problems, setProblems] = useState<Readonly<Record<string, string>>>({});
  const [error, setError] = useState<unknown>(undefined);
  const [isBusy, setBusy] = useState(false);
  const newest = useRef(inputs);
  newest.current = inputs;
  const isOther = ({ name }: FormField) => inputs[name] !== beginning[name];
  const valuesOf = (some: readonly FormField[]) =>
    Object.fromEntries(
      some
        .map((field) => [field.name, toValue(field, newest.current[field.name] ?? '')] as const)
        .filter(([, value]) => value !== undefined),
    );
  return {
    fields,
    inputs,
    problems,
    error,
    isBusy,
    isForNew: fields.some(({ isRequired }) => isRequired),
    isChanged: fields.some(isOther),
    set(name, input) {
      newest.current = { ...newest.current, [name]: input };
      setInputs(newest.current);
      if (problems[name] !== undefined) {
        setProblems(Object.fromEntries(Object.entries(problems).filter(([other]) => other !== name)));
      }
    },
    values: () => valuesOf(fields),
    changes: () => valuesOf(fields.filter(isOther)),
    async submit(send) {
      if (isBusy) return false;
      const found = checked(fields, newest.current, beginning);
      setProblems(found);
      setError(undefined);
      const [first] = Object.keys(found);
      if (first !== undefined) {
        focusField(first);
        return false;
      }
      setBusy(true);
      try {
        await send();
        setBeginning(newest.current);
        return true;
      } catch (failure) {
        const field = failure instanceof ApiError ? failure.field?.split('.')[0] : undefined;
        if (failure instanceof Error && field !== undefined && fields.some(({ name }) => name === field)) {
          setProblems({ [field]: failure.message });
          focusField(field);
        } else setError(failure);
        return false;
      } finally {
        setBusy(false);
      }
    },
    restart(values) {
      newest.current = inputsOf(fields, values);
      setInputs(newest.current);
      setBeginning(newest.current);
      setProblems({});
      setError(undefined);
    },
  };
}

function inputsOf(fields: readonly FormField[], initial: object): Inputs {
  const values = initial as Readonly<Record<string, unknown>>;
  return Object.fromEntries(fields.map((field) => [field.name, toInput(field, values[field.name])]));
}

/** What was there and may not be empty is not left out either. */
function checked(fields: readonly FormField[], inputs: Inputs, beginning: Inputs): Record<string, string> {
  return Object.fromEntries(
    fields.flatMap((field) => {
      const { [field.name]: input = '' } = inputs;
      const wasThere = typeof beginning[field.name] === 'string' && beginning[field.name] !== '';
      const isRequired = field.isRequired || (wasThere && field.kind !== 'list');
      const problem = problemOf({ ...field, isRequired }, input);
      return problem === undefined ? [] : [[field.name, problemText(problem)]];
    }),
  );
}

/** After the problem is shown, so that a screen reader reads it with the field. */
function focusField(name: string): void {
  setTimeout(() => {
    const field = document.querySelector<HTMLElement>(`[name="${CSS.escape(name)}"]`);
    field?.focus();
  });
}
