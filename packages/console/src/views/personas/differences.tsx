/** Two versions against each other: the words of the prompt, and each setting. */
import { diffWordsWithSpace } from 'diff';
import type { JSX } from 'preact';
import { useMemo } from 'preact/hooks';
import { titleOf } from '../../forms/fields.ts';
import { VisuallyHidden } from '../../parts/controls.tsx';
import { partStrings } from '../../parts/strings.ts';
import styles from './personas.module.css';
import { personaStrings } from './strings.ts';
import type { Model, Version } from './types.ts';

const settings = [
  'model_id',
  'temperature',
  'top_p',
  'max_tokens',
  'stop',
  'seed',
  'internet',
  'fallbacks',
  'greeting',
  'suggestions',
  'show_reasoning',
] as const satisfies readonly (keyof Version)[];

/** Longer prompts are compared by whole lines in the time that a key press may take. */
const longest = 40_000;

interface DifferencesProps {
  readonly before: Version;
  readonly after: Version;
  readonly models: readonly Model[];
}

export function Differences({ before, after, models }: DifferencesProps): JSX.Element {
  const strings = personaStrings();
  const changed = settings.filter((name) => JSON.stringify(before[name]) !== JSON.stringify(after[name]));
  const isPromptSame = before.system_prompt === after.system_prompt;
  if (changed.length === 0 && isPromptSame) return <p>{strings.noDifferences}</p>;
  const show = (name: keyof Version, value: Version[keyof Version]): string => {
    const named = (id: string) => models.find((model) => model.id === id)?.name ?? strings.unknownModel;
    if (name === 'model_id') return named(String(value));
    if (name === 'fallbacks')
      return (value as readonly string[]).map(named).join(partStrings().comma) || strings.empty_;
    if (value === null || value === '') return strings.empty_;
    return Array.isArray(value) ? value.join(' · ') || strings.empty_ : String(value);
  };
  const words: Readonly<Record<string, { readonly title?: string }>> = strings.words;
  return (
    <>
      {!isPromptSame && (
        <section>
          <h3>{strings.promptDiff}</h3>
          <PromptDiff before={before.system_prompt} after={after.system_prompt} />
        </section>
      )}
      {changed.length > 0 && (
        <dl class={styles.changes}>
          {changed.map((name) => (
            <div key={name}>
              <dt>{name === 'model_id' ? strings.model : (words[name]?.title ?? titleOf(name))}</dt>
              <dd>
                <del>{show(name, before[name])}</del> <span class={styles.arrow}>→</span>{' '}
                <ins>{show(name, after[name])}</ins>
              </dd>
            </div>
          ))}
        </dl>
      )}
    </>
  );
}

function PromptDiff({ before, after }: { readonly before: string; readonly after: string }): JSX.Element {
  const strings = personaStrings();
  const parts = useMemo(
    () =>
      before.length + after.length > longest
        ? [
            { value: before, removed: true, added: false },
            { value: after, added: true, removed: false },
          ]
        : diffWordsWithSpace(before, after),
    [before, after],
  );
  return (
    <p class={styles.diff} dir="auto">
      {parts.map(({ value, added, removed }, index) => {
        const key = `${index}${value.length}`;
        if (!added && !removed) return value;
        const Mark = added ? 'ins' : 'del';
        return (
          <Mark key={key}>
            <VisuallyHidden>{added ? strings.added : strings.removed} </VisuallyHidden>
            {value}
          </Mark>
        );
      })}
    </p>
  );
}
