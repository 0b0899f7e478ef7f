/** What the model was sent for an answer: the parts of the prompt against what fits, and which messages are in it. */
import type { Colloquy, GenerationContext } from '@colloquy/client';
import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { formatNumber } from '../../i18n/format.ts';
import { Dialog } from '../../parts/dialog.tsx';
import { Facts } from '../../parts/page.tsx';
import { Loading, Note } from '../../parts/states.tsx';
import styles from './chat.module.css';
import { chatStrings } from './strings.ts';

interface ReceiptProps {
  readonly client: Colloquy;
  readonly generation: string;
  readonly onClose: () => void;
}

export function Receipt({ client, generation, onClose }: ReceiptProps): JSX.Element {
  const strings = chatStrings();
  const [context, setContext] = useState<GenerationContext | undefined | null>(undefined);
  useEffect(() => {
    client.generations.context(generation).then(setContext, () => setContext(null));
  }, [client, generation]);
  return (
    <Dialog title={strings.receipt} side="end" onClose={onClose}>
      {context === undefined ? (
        <Loading />
      ) : context === null ? (
        <Note>{strings.receiptGone}</Note>
      ) : (
        <Sections context={context} />
      )}
    </Dialog>
  );
}

function Sections({ context }: { readonly context: GenerationContext }): JSX.Element {
  const strings = chatStrings();
  const { sections, budgetTokens, messages, summary } = context;
  const used = sections.reduce((sum, { tokens }) => sum + tokens, 0);
  const names: Readonly<Record<string, string>> = strings.sections;
  const count = (treatment: string) => {
    const of = messages.filter((message) => message.treatment === treatment).length;
    return of === 0 ? null : strings.messages(of);
  };
  return (
    <>
      <p>{strings.receiptText(formatNumber(used), formatNumber(budgetTokens))}</p>
      <ul class={styles.meter}>
        {sections.map(({ section, tokens }) => (
          <li key={section} class={styles.section}>
            <span>{names[section] ?? section}</span>
            <meter
              class={styles.bar}
              min={0}
              max={budgetTokens}
              value={tokens}
              aria-label={names[section] ?? section}
            />
            <span class={styles.amount}>{formatNumber(tokens)}</span>
          </li>
        ))}
      </ul>
      <Facts
        of={[
          [strings.whole, count('whole')],
          [strings.summarised, count('summarised')],
          [strings.dropped, count('dropped')],
        ]}
      />
      {summary?.text != null && (
        <section>
          <h3>{strings.summary}</h3>
          <p class={styles.text}>{summary.text}</p>
        </section>
      )}
    </>
  );
}
