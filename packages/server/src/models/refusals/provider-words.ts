/** What a provider said when it refused a request, in a form that can be searched. */

/** The longest text that is looked at, in UTF-16 units; what matters stands at its beginning. */
const longestText = 2_000;

/** The fields of a provider's error; each may be absent, and of any type. */
export interface RefusalFields {
  readonly message?: unknown;
  readonly type?: unknown;
  readonly code?: unknown;
  readonly param?: unknown;
  /** Tokens of the model's window, and of the prompt, where they stand in fields of their own. */
  readonly windowTokens?: unknown;
  readonly promptTokens?: unknown;
}

/** The message in lower case, without quotes and emphasis, each run of blanks as one, numbers without separators. */
export function searchableText(message: unknown): string {
  return wordsOf(message)
    .slice(0, longestText)
    .toLowerCase()
    .replace(/[`'"*\\‘’“”]/g, '')
    .replace(/(\d)[,_\u00a0\u2009\u202f](?=\d{3})/g, '$1')
    .replace(/\s+/g, ' ');
}

/** A message that is no text (Mistral's and pydantic's lists of faults) as JSON. */
export function wordsOf(message: unknown): string {
  if (typeof message === 'string') return message;
  if (message === undefined || message === null) return '';
  return JSON.stringify(message) ?? '';
}

/** Code and type, in lower case. */
export function codesOf(fields: RefusalFields): readonly string[] {
  return [fields.code, fields.type].filter((one) => typeof one === 'string').map((one) => one.toLowerCase());
}
