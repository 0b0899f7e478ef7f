/** Stacked bars by uPlot, which is loaded when there is something to draw. The table below has the same figures. */
import type { JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { formatCompact } from '../../i18n/format.ts';
import { type Stack, stacked } from './report.ts';
import styles from './usage.module.css';

interface PlotProps {
  readonly stack: Stack;
  readonly label: string;
  /** How the beginning of an interval is written. */
  readonly nameOf: (start: number) => string;
  readonly formatValue: (value: number) => string;
  readonly names: readonly string[];
  /** A click on the bar of that interval, at that series; undefined: beside all of them. */
  readonly onChoose: (place: number, series: number | undefined) => void;
}

const height = 280;

export function Plot({ stack, label, nameOf, formatValue, names, onChoose }: PlotProps): JSX.Element {
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
          scales: { x: { time: false }, y: { range: (_, __, most) => [0, most > 0 ? most * 1.05 : 1] } },
          axes: [
            { ...axis, values: (_, splits) => splits.map((split) => nameOf(split)), space: 90 },
            { ...axis, values: (_, splits) => splits.map((split) => formatCompact(split)), size: 64 },
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
                      ].join(' · ');
              },
            ],
          },
        },
        [[...stack.starts], ...tops.map((values) => [...values])],
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
  }, [stack, names, nameOf, formatValue, onChoose]);
  return (
    <figure class={styles.plot}>
      <div ref={place} class={styles.canvas} role="img" aria-label={label} />
      <p ref={told} class={styles.told} />
      <ul ref={legend} class={styles.legend}>
        {names.map((name, index) => (
          <li key={`${index} ${name}`} data-series={index}>
            {name}
          </li>
        ))}
      </ul>
    </figure>
  );
}
