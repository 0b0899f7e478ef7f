/** Asks both versions the questions of a set, one after the other, and shows and exports what they have said. */
import type { JSX } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { useApi } from '../../api/api.ts';
import { Button } from '../../parts/controls.tsx';
import { pageStyles } from '../../parts/page.tsx';
import { saveText } from '../../parts/save-file.ts';
import { type Comparison, nothingYet, type Side, type SideAnswer, startComparison } from './comparison.ts';
import { type Compared, toCsv } from './questions.ts';
import { personaStrings } from './strings.ts';
import { ComparedAnswers } from './try-both.tsx';
import type { Question } from './types.ts';

interface RunQuestionsProps {
  readonly personaId: number;
  readonly alias: string;
  readonly questions: readonly Question[];
}

interface Run {
  isStopped: boolean;
  comparison?: Comparison;
}

export function RunQuestions({ personaId, alias, questions }: RunQuestionsProps): JSX.Element {
  const strings = personaStrings();
  const api = useApi();
  const [rows, setRows] = useState<readonly Compared[]>([]);
  const [isRunning, setRunning] = useState(false);
  const current = useRef<Run>({ isStopped: true });
  const stop = () => {
    current.current.isStopped = true;
    current.current.comparison?.stop();
  };
  // Whoever leaves the page wants no more answers.
  useEffect(() => stop, []);
  const change = (place: number, side: Side, answer: SideAnswer) =>
    setRows((before) =>
      before.map((row, index) =>
        index === place ? { ...row, answers: { ...row.answers, [side]: answer } } : row,
      ),
    );
  const run = async () => {
    const own: Run = { isStopped: false };
    current.current = own;
    setRunning(true);
    setRows([]);
    let place = 0;
    for (const { turns } of questions) {
      const comparison = startComparison(api, personaId);
      own.comparison = comparison;
      for (const [index, question] of turns.entries()) {
        if (own.isStopped) break;
        const row = place;
        place += 1;
        setRows((before) => [
          ...before,
          { question, turn: index + 1, answers: { active: nothingYet, next: nothingYet } },
        ]);
        await comparison.ask(question, (side, answer) => change(row, side, answer));
      }
    }
    setRunning(false);
  };
  const all = questions.reduce((sum, { turns }) => sum + turns.length, 0);
  const done = rows.filter(({ answers }) => answers.active.isOver && answers.next.isOver).length;
  return (
    <>
      <div class={pageStyles.row}>
        <Button
          look="primary"
          icon="play"
          isDisabled={questions.length === 0}
          isBusy={isRunning}
          onClick={() => void run()}
        >
          {strings.runQuestions(questions.length)}
        </Button>
        {isRunning && <Button onClick={stop}>{strings.stopQuestions}</Button>}
        {rows.length > 0 && (
          <>
            <span role="status">{strings.progress(done, all)}</span>
            <Button onClick={() => saveText(`${alias}.csv`, 'text/csv', toCsv(rows))}>
              {strings.exportCsv}
            </Button>
          </>
        )}
      </div>
      {rows.map((row, index) => (
        <ComparedAnswers key={`${index} ${row.question}`} compared={row} />
      ))}
    </>
  );
}
