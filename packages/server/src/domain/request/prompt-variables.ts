/**
 * What stands in double braces in a persona's prompt, as `{{date}}`, and is filled in for each turn. A backslash before
 * the braces keeps them: `\{{date}}` is sent as `{{date}}`.
 */
import { maxMetadataName } from '../message.ts';

/** The names that stand alone; `metadata.` and a name of the metadata is the third form. */
export const promptNames = ['date', 'user_id'] as const;
export type PromptName = (typeof promptNames)[number] | `metadata.${string}`;

/** Values by the variable's name; what is not there is filled in as nothing. */
export type PromptValues = Readonly<Record<string, string>>;

const metadataPrefix = 'metadata.';
const braces = /(\\?)\{\{([^{}]*)\}\}/g;
const lineBreaks = /[\p{Cc}\u2028\u2029]+/gu;

function isPromptName(name: string): name is PromptName {
  if (promptNames.some((known) => known === name)) return true;
  const key = name.startsWith(metadataPrefix) ? name.slice(metadataPrefix.length) : '';
  return key !== '' && [...key].length <= maxMetadataName;
}

/** The names in the prompt, each once. `unknown` are those that are none of a variable, as they are written. */
export function namesInPrompt(prompt: string): {
  readonly names: readonly PromptName[];
  readonly unknown: readonly string[];
} {
  const names = new Set<PromptName>();
  const unknown = new Set<string>();
  if (!prompt.includes('{{')) return { names: [], unknown: [] };
  for (const [, backslash, written = ''] of prompt.matchAll(braces)) {
    const name = written.trim();
    if (backslash !== '') continue;
    if (isPromptName(name)) names.add(name);
    else unknown.add(written);
  }
  return { names: [...names], unknown: [...unknown] };
}

/** The key of the metadata that the variable names; undefined for others. */
export function metadataKeyOf(name: PromptName): string | undefined {
  return name.startsWith(metadataPrefix) ? name.slice(metadataPrefix.length) : undefined;
}

/** A value as it stands in a prompt: on one line, so that it begins no paragraph of its own. */
export function toPromptValue(text: string): string {
  return text.replace(lineBreaks, ' ').trim();
}

/** The prompt with the values. They are not looked into: braces in a value stay. */
export function fillPrompt(prompt: string, values: PromptValues): string {
  if (!prompt.includes('{{')) return prompt;
  return prompt.replace(braces, (whole, backslash: string, written: string) => {
    if (backslash !== '') return whole.slice(1);
    const name = written.trim();
    if (!isPromptName(name)) return whole;
    return Object.hasOwn(values, name) ? (values[name] ?? '') : '';
  });
}
