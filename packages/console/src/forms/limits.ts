/** Limits of keys, end users and organizations, as they are typed and shown. */
import { formatBytes, formatCost, formatNumber } from '../i18n/format.ts';

/** By the names of the server; what is absent or null is not limited. */
export type Limits = Readonly<Record<string, number | null | undefined>>;

/** What stands in the form for limits that were typed: numbers as such, everything else as it was typed. */
export function withLimit(input: string, name: string, typed: string): string {
  const limits = limitsOf(input);
  const { [name]: _, ...others } = limits;
  if (typed.trim() === '') return JSON.stringify(others);
  const number = Number(typed.replace(',', '.'));
  // In its place, so that limits that were set back are the same text as before.
  return JSON.stringify({ ...limits, [name]: Number.isFinite(number) ? number : typed });
}

export function limitsOf(input: string): Readonly<Record<string, number | string>> {
  return input === '' ? {} : (JSON.parse(input) as Record<string, number | string>);
}

export function formatLimit(name: string, value: number): string {
  if (name === 'storage_bytes') return formatBytes(value);
  return name === 'budget_per_month' ? formatCost(value) : formatNumber(value);
}

/** The share of a limit that is used up, from 0 to 1. */
export function shareOf(used: number, limit: number): number {
  return limit <= 0 ? 1 : Math.min(1, Math.max(0, used / limit));
}
