/** What a form knows of a body of the administration, from the server's own schema (`form-fields.js`). */

export type FieldKind =
  | 'text'
  | 'long-text'
  | 'integer'
  | 'number'
  | 'boolean'
  | 'choice'
  | 'time'
  | 'list'
  | 'group';

export interface FieldBounds {
  readonly choices?: readonly string[];
  readonly minimum?: number;
  readonly maximum?: number;
  /** In characters. */
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  /** A regular expression. */
  readonly pattern?: string;
  readonly example?: string;
  readonly isWriteOnly?: boolean;
  readonly default?: string | number | boolean;
}

export interface FormField extends FieldBounds {
  readonly name: string;
  readonly kind: FieldKind;
  readonly isRequired: boolean;
  readonly isNullable: boolean;
  readonly description?: string;
  /** Of a group. */
  readonly fields?: readonly FormField[];
  /** Of a list: what each entry is. */
  readonly item?: FieldBounds & { readonly kind: FieldKind };
}

export interface FormSchema {
  readonly fields: readonly FormField[];
}

/** What stands in the form's controls: texts as they are typed, lists one entry a line. */
export type FieldInput = string | boolean;

/** What a control shows for a value that the server gave. */
export function toInput(field: FormField, value: unknown): FieldInput {
  if (field.kind === 'boolean') return value === true;
  if (value === null || value === undefined) return field.default === undefined ? '' : String(field.default);
  if (field.kind === 'list') return (value as readonly unknown[]).map(String).join('\n');
  if (field.kind === 'group') return JSON.stringify(value);
  return String(value);
}

/** The value that is sent for what was typed; undefined: the field is left out. */
export function toValue(field: FormField, input: FieldInput): unknown {
  if (typeof input === 'boolean') return input;
  if (field.kind === 'list') {
    const entries = input.split('\n').map((line) => line.trim());
    const filled = entries.filter((line) => line !== '');
    if (filled.length === 0 && field.isNullable) return null;
    const isNumber = field.item?.kind === 'integer' || field.item?.kind === 'number';
    return isNumber ? filled.map(Number) : filled;
  }
  if (input.trim() === '') return field.isNullable ? null : field.isRequired ? input : undefined;
  if (field.kind === 'integer' || field.kind === 'number') return Number(input.replace(',', '.'));
  if (field.kind === 'group') return JSON.parse(input) as unknown;
  return input;
}

export interface FieldProblem {
  readonly kind: 'missing' | 'number' | 'least' | 'most' | 'short' | 'long' | 'form' | 'entries';
  readonly bound?: number | string;
}

/** What the schema says against what was typed; undefined: nothing. */
export function problemOf(field: FormField, input: FieldInput): FieldProblem | undefined {
  if (typeof input === 'boolean') return undefined;
  if (input.trim() === '') return field.isRequired && !field.isNullable ? { kind: 'missing' } : undefined;
  if (field.kind === 'integer' || field.kind === 'number') return problemOfNumber(field, input);
  if (field.kind === 'list') {
    const count = input.split('\n').filter((line) => line.trim() !== '').length;
    return field.maxItems !== undefined && count > field.maxItems
      ? { kind: 'entries', bound: field.maxItems }
      : undefined;
  }
  const length = [...input].length;
  if (field.minLength !== undefined && length < field.minLength)
    return { kind: 'short', bound: field.minLength };
  if (field.maxLength !== undefined && length > field.maxLength)
    return { kind: 'long', bound: field.maxLength };
  if (field.pattern !== undefined && !new RegExp(field.pattern, 'u').test(input)) {
    return { kind: 'form', ...(field.example !== undefined && { bound: field.example }) };
  }
  return undefined;
}

function problemOfNumber(field: FormField, input: string): FieldProblem | undefined {
  const value = Number(input.replace(',', '.'));
  if (!Number.isFinite(value) || (field.kind === 'integer' && !Number.isInteger(value)))
    return { kind: 'number' };
  if (field.minimum !== undefined && value < field.minimum) return { kind: 'least', bound: field.minimum };
  if (field.maximum !== undefined && value > field.maximum) return { kind: 'most', bound: field.maximum };
  return undefined;
}

/** `max_tokens` → `Max tokens`, where a view gives no title of its own. */
export function titleOf(name: string): string {
  const words = name.replaceAll('_', ' ');
  return words.charAt(0).toUpperCase() + words.slice(1);
}
