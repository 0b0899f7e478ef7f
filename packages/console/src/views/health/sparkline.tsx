/** A small line of what was read in the last minutes. */
import type { JSX } from 'preact';
import styles from './health.module.css';
import { pointsOf, type Sample } from './history.ts';
import { healthStrings } from './strings.ts';

const width = 300;
const height = 48;

interface SparklineProps {
  readonly what: string;
  readonly samples: readonly Sample[];
  readonly format: (value: number) => string;
}

export function Sparkline({ what, samples, format }: SparklineProps): JSX.Element {
  const values = samples.map(({ value }) => value);
  const label =
    values.length === 0
      ? what
      : healthStrings().lastMinutes(what, format(Math.min(...values)), format(Math.max(...values)));
  return (
    <figure class={styles.sparkline}>
      <svg viewBox={`0 -2 ${width} ${height + 4}`} preserveAspectRatio="none" role="img" aria-label={label}>
        <polyline points={pointsOf(samples, width, height)} fill="none" vector-effect="non-scaling-stroke" />
      </svg>
      <figcaption>{label}</figcaption>
    </figure>
  );
}
