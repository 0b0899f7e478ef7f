/** The ids of tool calls in the form that a provider takes. */
import { createHash } from 'node:crypto';

const alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

/** The id itself where it has the form, else one of nine characters that is always the same for it. */
export function callIdIn(form: RegExp, id: string): string {
  if (form.test(id)) return id;
  const bytes = createHash('sha256').update(id).digest().subarray(0, 9);
  return Array.from(bytes, (byte) => alphabet[byte % alphabet.length]).join('');
}
