/** Medians and percentiles. */

/** The value below which the share `q` (0 to 1) of the values lies, by nearest rank; NaN for an empty list. */
export function percentile(values: readonly number[], q: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(q * sorted.length) - 1)] ?? Number.NaN;
}

export function median(values: readonly number[]): number {
  const sorted = values.filter((value) => !Number.isNaN(value)).toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}

/** The median, with the lowest and the highest value in brackets: `1.32 (1.21–1.40)`. */
export function spread(values: readonly number[], digits: number): string {
  if (values.length === 0) return '–';
  const known = values.filter((value) => !Number.isNaN(value));
  const range = `${Math.min(...known).toFixed(digits)}–${Math.max(...known).toFixed(digits)}`;
  return `${median(known).toFixed(digits)} (${range})`;
}
