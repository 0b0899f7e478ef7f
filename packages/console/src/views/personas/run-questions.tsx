/** Asks both versions the questions of a set, one after the other, and shows and exports what they have said. */
import type { JSX, VNode } from 'preact';
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { useApi } from '../../api/api.ts';
import { Button, CheckField } from '../../parts/controls.tsx';
import { pageStyles } from '../../parts/page.tsx';
import { saveText } from '../../parts/save-file.ts';
import { type Comparison, nothingYet, type Side, type SideAnswer, startComparison } from './comparison.ts';
import { type ComparedQuestion, differs, isOver, resumed, toCsv } from './questions.ts';
import { personaStrings } from './strings.ts';
import { Sums } from './sums.tsx';
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
  const [rows, setRows] = useState<readonly ComparedQuestion[]>([]);
  const [isRunning, setRunning] = useState(false);
  const [isFiltered, setFiltered] = useState(false);
  const current = useRef<Run>({ isStopped: true });
  /** A row that has not changed is not drawn again, however many there are. */
  const drawn = useMemo(() => new WeakMap<ComparedQuestion, VNode>(), []);
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
  /** Asks `asked`, behind what is known already. */
  const run = async (kept: readonly ComparedQuestion[], asked: readonly Question[]) => {
    const own: Run = { isStopped: false };
    current.current = own;
    setRunning(true);
    setRows(kept);
    let place = kept.length;
    for (const { id: questionId, turns } of asked) {
      const comparison = startComparison(api, personaId);
      own.comparison = comparison;
      for (const [index, question] of turns.entries()) {
        if (own.isStopped) break;
        const row = place;
        place += 1;
        const begun = { active: nothingYet, next: nothingYet };
        setRows((before) => [...before, { questionId, question, turn: index + 1, answers: begun }]);
        await comparison.ask(question, (side, answer) => change(row, side, answer));
      }
    }
    setRunning(false);
  };
  const all = questions.reduce((sum, { turns }) => sum + turns.length, 0);
  const over = rows.filter(isOver);
  const different = over.filter(differs);
  const { kept, rest } = resumed(rows, questions);
  const mayGoOn = !isRunning && rows.length > 0 && rest.length > 0;
  const draw = (row: ComparedQuestion): VNode => {
    const known = drawn.get(row);
    if (known !== undefined) return known;
    const made = <ComparedAnswers key={`${row.questionId} ${row.turn}`} compared={row} isBounded />;
    drawn.set(row, made);
    return made;
  };
  return (
    <>
      <div class={pageStyles.row}>
        {mayGoOn && (
          <Button look="primary" icon="play" onClick={() => void run(kept, rest)}>
            {strings.goOn(rest.length)}
          </Button>
        )}
        <Button
          look={mayGoOn ? 'plain' : 'primary'}
          icon={mayGoOn ? 'refresh' : 'play'}
          isDisabled={questions.length === 0}
          isBusy={isRunning}
          onClick={() => void run([], questions)}
        >
          {mayGoOn ? strings.runAnew : strings.runQuestions(questions.length)}
        </Button>
        {isRunning && <Button onClick={stop}>{strings.stopQuestions}</Button>}
        {rows.length > 0 && (
          <>
            <span role="status">{strings.progress(over.length, all)}</span>
            <Button icon="down" onClick={() => saveText(`${alias}.csv`, 'text/csv', toCsv(rows))}>
              {strings.exportCsv}
            </Button>
          </>
        )}
      </div>
      {over.length > 0 && (
        <>
          <Sums rows={rows} />
          <CheckField
            label={strings.onlyDifferent(different.length, over.length)}
            isChecked={isFiltered}
            onChange={setFiltered}
          />
        </>
      )}
      {isFiltered && different.length === 0 && <p>{strings.noneDiffers}</p>}
      {(isFiltered ? rows.filter((row) => isOver(row) && differs(row)) : rows).map(draw)}
    </>
  );
}
