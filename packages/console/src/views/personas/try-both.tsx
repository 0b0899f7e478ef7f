/** The same message to the version in production and to the draft, side by side; by hand, or a set of saved questions. */
import { Markdown, theme } from '@colloquy/ui';
import type { JSX } from 'preact';
import { useEffect, useMemo, useState } from 'preact/hooks';
import { useApi } from '../../api/api.ts';
import { formatCost, formatDuration, formatNumber } from '../../i18n/format.ts';
import { Badge, Button, TextField } from '../../parts/controls.tsx';
import { Card, pageStyles } from '../../parts/page.tsx';
import { Note } from '../../parts/states.tsx';
import {
  type Comparison,
  nothingYet,
  type Side,
  type SideAnswer,
  sides,
  startComparison,
} from './comparison.ts';
import type { PartProps } from './persona-page.tsx';
import styles from './personas.module.css';
import type { Compared } from './questions.ts';
import { SavedQuestions } from './saved-questions.tsx';
import { personaStrings } from './strings.ts';

const mostTurns = 5;

export function TryBoth(props: PartProps): JSX.Element {
  const strings = personaStrings();
  const { persona } = props;
  if (!persona.has_active || !persona.has_next) return <Note>{strings.tryNeedsBoth}</Note>;
  return (
    <>
      <Talk {...props} />
      <SavedQuestions {...props} />
    </>
  );
}

/** A new comparison, which is stopped when it is replaced or left. */
export function useComparison(personaId: number, round: number): Comparison {
  const api = useApi();
  const comparison = useMemo(() => startComparison(api, personaId), [api, personaId, round]);
  useEffect(() => () => comparison.stop(), [comparison]);
  return comparison;
}

function Talk({ persona }: PartProps): JSX.Element {
  const strings = personaStrings();
  const [round, setRound] = useState(0);
  const [turns, setTurns] = useState<readonly Compared[]>([]);
  const [message, setMessage] = useState('');
  const [isBusy, setBusy] = useState(false);
  const comparison = useComparison(persona.id, round);
  const isFull = turns.length >= mostTurns;
  const ask = async () => {
    const question = message.trim();
    if (question === '' || isBusy || isFull) return;
    setMessage('');
    setBusy(true);
    const place = turns.length;
    setTurns([...turns, { question, turn: place + 1, answers: { active: nothingYet, next: nothingYet } }]);
    await comparison.ask(question, (side, answer) =>
      setTurns((before) =>
        before.map((turn, index) =>
          index === place ? { ...turn, answers: { ...turn.answers, [side]: answer } } : turn,
        ),
      ),
    );
    setBusy(false);
  };
  return (
    <Card title={strings.tabTry}>
      <p>{strings.tryText}</p>
      {turns.map((turn, index) => (
        <ComparedAnswers key={`${round} ${index}`} compared={turn} />
      ))}
      {isFull ? (
        <Note>{strings.tryFull(mostTurns)}</Note>
      ) : (
        <form
          class={styles.form}
          onSubmit={(event) => {
            event.preventDefault();
            void ask();
          }}
        >
          <TextField label={strings.tryMessage} lines={2} value={message} onInput={setMessage} />
          <div class={pageStyles.row}>
            <Button type="submit" look="primary" icon="play" isBusy={isBusy}>
              {strings.trySend}
            </Button>
          </div>
        </form>
      )}
      {turns.length > 0 && (
        <div>
          <Button
            onClick={() => {
              setTurns([]);
              setBusy(false);
              setRound(round + 1);
            }}
          >
            {strings.tryAgain}
          </Button>
        </div>
      )}
    </Card>
  );
}

interface ComparedAnswersProps {
  readonly compared: Compared;
  /** Long answers scroll, so that the next question is not far. Default: they are as long as they are. */
  readonly isBounded?: boolean;
}

export function ComparedAnswers({ compared, isBounded = false }: ComparedAnswersProps): JSX.Element {
  const strings = personaStrings();
  const titles: Readonly<Record<Side, string>> = { active: strings.live, next: strings.draft };
  return (
    <section class={styles.form}>
      <p class={styles.asked}>{compared.question}</p>
      <div class={styles.sides}>
        {sides.map((side) => (
          <OneAnswer
            key={side}
            title={titles[side]}
            question={compared.question}
            answer={compared.answers[side]}
            isBounded={isBounded}
          />
        ))}
      </div>
    </section>
  );
}

interface OneAnswerProps {
  readonly title: string;
  readonly question: string;
  readonly answer: SideAnswer;
  readonly isBounded: boolean;
}

function OneAnswer({ title, question, answer, isBounded }: OneAnswerProps): JSX.Element {
  const strings = personaStrings();
  const { text, isOver, isStopped, tokens, cost, ms, error, finishReason } = answer;
  const figures = strings.figures([
    tokens === null ? '' : strings.tokenCount(formatNumber(tokens)),
    cost === null ? '' : strings.costOf(formatCost(cost)),
    ms === null ? '' : formatDuration(ms),
    finishReason === null || finishReason === 'stop' ? '' : strings.endedBy(finishReason),
  ]);
  return (
    <section class={`${theme.theme} ${styles.side}`} aria-label={`${title}: ${question}`} aria-busy={!isOver}>
      <div class={pageStyles.row}>
        <h3>{title}</h3>
        {!isOver && <Badge tone="accent">{strings.answering}</Badge>}
      </div>
      {text !== '' &&
        (isBounded ? (
          // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls is reached by the keyboard.
          // biome-ignore lint/a11y/useSemanticElements: it is no group of controls.
          <div class={styles.bounded} tabIndex={0} role="group" aria-label={`${title}: ${question}`}>
            <Markdown text={text} isWriting={!isOver} />
          </div>
        ) : (
          <Markdown text={text} isWriting={!isOver} />
        ))}
      {isOver && text === '' && error === null && <p class={pageStyles.dim}>{strings.saidNothing}</p>}
      {isStopped && <Note>{strings.wasStopped}</Note>}
      {error !== null && <Note tone="warn">{error}</Note>}
      {isOver && figures !== '' && <p class={styles.figures}>{figures}</p>}
    </section>
  );
}
