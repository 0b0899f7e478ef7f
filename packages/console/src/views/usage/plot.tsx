/** Stacked bars by uPlot, which is loaded when there is something to draw. The table below has the same figures. */
import type { JSX } from 'preact';
import { useEffect, useMemo, useRef } from 'preact/hooks';
import { formatCompact, formatCost } from '../../i18n/format.ts';
import { topOf } from './budget.ts';
import { type Stack, stacked } from './report.ts';
import { usageStrings } from './strings.ts';
import styles from './usage.module.css';

interface PlotProps {
  readonly stack: Stack;
  readonly label: string;
  /** How the beginning of an interval is written, and below its bar, where there is little room. */
  readonly nameOf: (start: number) => string;
  readonly shortNameOf: (start: number) => string;
  /** Whether there are no parts of one. */
  readonly isCount: boolean;
  readonly formatValue: (value: number) => string;
  readonly names: readonly string[];
  /** A line over the bars, such as a budget. */
  readonly limit?: { readonly values: readonly number[]; readonly name: string } | undefined;
  /** A click on the bar of that interval, at that series; undefined: beside all of them. */
  readonly onChoose: (place: number, series: number | undefined) => void;
}

const height = 280;
/** Room of a label below the bars, in pixels. */
const labelWidth = 74;
/** Steps of an axis that counts. */
const wholeSteps = Array.from({ length: 12 }, (_, power) =>
  [1, 2, 5].map((step) => step * 10 ** power),
).flat();

export function Plot(props: PlotProps): JSX.Element {
  const { stack, label, nameOf, shortNameOf, isCount, formatValue, names, onChoose, limit } = props;
  const { top, isInSight } = useMemo(() => {
    const bars = stacked(stack).flat();
    return topOf(Math.max(0, ...bars), Math.max(0, ...(limit?.values ?? [])));
  }, [stack, limit]);
  const place = useRef<HTMLDivElement>(null);
  const legend = useRef<HTMLUListElement>(null);
  const told = useRef<HTMLParagraphElement>(null);
  useEffect(() => {
    const element = place.current;
    const list = legend.current;
    if (element === null || list === null) return;
    let isGone = false;
    let end = () => {};
    const draw = async () => {
      const { default: UPlot } = await import('uplot');
      if (isGone) return;
      end();
      const tops = stacked(stack);
      // A canvas knows no variables: the colours are those that the legend has got.
      const colours = [...list.children].map((entry) => getComputedStyle(entry, '::before').backgroundColor);
      const { color: ink } = getComputedStyle(element);
      const { borderTopColor: line } = getComputedStyle(element);
      const axis = { stroke: ink, grid: { stroke: line, width: 1 }, ticks: { stroke: line, width: 1 } };
      const plot = new UPlot(
        {
          width: element.clientWidth,
          height,
          legend: { show: false },
          cursor: { y: false, drag: { x: false, y: false }, points: { show: false } },
          scales: { x: { time: false }, y: { range: () => [0, top] } },
          axes: [
            {
              ...axis,
              grid: { show: false },
              splits: (self) => everyFew(stack.starts, Math.floor(self.width / labelWidth)),
              values: (_, splits) => splits.map((split) => shortNameOf(split)),
            },
            {
              ...axis,
              size: 64,
              values: (_, splits) =>
                splits.map((split) => (Math.abs(split) < 1 ? formatCost(split) : formatCompact(split))),
              ...(isCount && { incrs: wholeSteps }),
            },
          ],
          series: [
            {},
            ...stack.series.map((_, index) => ({
              stroke: colours[index] ?? ink,
              fill: colours[index] ?? ink,
              width: 0,
              points: { show: false },
              ...(UPlot.paths.bars && { paths: UPlot.paths.bars({ size: [0.8, 60] }) }),
            })),
            ...(limit === undefined
              ? []
              : [
                  {
                    stroke: getComputedStyle(element).outlineColor,
                    width: 2,
                    dash: [6, 4],
                    points: { show: false },
                  },
                ]),
          ],
          hooks: {
            setCursor: [
              ({ cursor: { idx } }) => {
                if (told.current === null) return;
                told.current.textContent =
                  idx == null
                    ? ''
                    : [
                        nameOf(stack.starts[idx] ?? 0),
                        ...stack.series.flatMap(({ values }, index) =>
                          values[idx] ? `${names[index]}: ${formatValue(values[idx])}` : [],
                        ),
                        ...(limit ? [`${limit.name}: ${formatValue(limit.values[idx] ?? 0)}`] : []),
                      ].join(' · ');
              },
            ],
          },
        },
        [[...stack.starts], ...[...tops, ...(limit ? [limit.values] : [])].map((values) => [...values])],
        element,
      );
      plot.over.addEventListener('click', (event) => {
        const { idx } = plot.cursor;
        if (idx == null) return;
        const value = plot.posToVal(event.offsetY, 'y');
        // The smallest bar that reaches so high is the one that is seen there.
        const series = tops.findLastIndex((values) => value <= (values[idx] ?? 0));
        onChoose(idx, series === -1 ? undefined : series);
      });
      const observer = new ResizeObserver(() => plot.setSize({ width: element.clientWidth, height }));
      observer.observe(element);
      end = () => {
        observer.disconnect();
        plot.destroy();
      };
    };
    void draw().catch(() => undefined);
    // The theme may change while it is shown.
    const themes = new MutationObserver(() => void draw());
    themes.observe(document.documentElement, { attributes: true, attributeFilter: ['data-theme'] });
    const system = matchMedia('(prefers-color-scheme: dark)');
    const redraw = () => void draw();
    system.addEventListener('change', redraw);
    return () => {
      isGone = true;
      themes.disconnect();
      system.removeEventListener('change', redraw);
      end();
    };
  }, [stack, names, nameOf, shortNameOf, isCount, formatValue, onChoose, limit, top]);
  return (
    <figure class={styles.plot}>
      <div ref={place} class={styles.canvas} dir="ltr" role="img" aria-label={label} />
      <p ref={told} class={styles.told} />
      <ul ref={legend} class={styles.legend}>
        {names.map((name, index) => (
          <li key={`${index} ${name}`} data-series={index}>
            {name}
          </li>
        ))}
        {limit && <li data-line>{isInSight ? limit.name : usageStrings().beyondPlot(limit.name)}</li>}
      </ul>
    </figure>
  );
}

/** The first of every few, so that there are at most so many. */
function everyFew(starts: readonly number[], most: number): number[] {
  const step = Math.max(1, Math.ceil(starts.length / Math.max(1, most)));
  return starts.filter((_, place) => place % step === 0);
}
