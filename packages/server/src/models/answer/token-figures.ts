/** The numbers of tokens that a provider says, checked before anything counts with them. */

import { isTokenCount, type UsageDetails } from '../../domain/usage.ts';

/** What a provider said about a call; what it did not say, or not as a number of tokens, is undefined. */
export interface TokenFigures {
  readonly prompt: number | undefined;
  readonly completion: number | undefined;
  /** Default: it tells none. */
  readonly details?: UsageDetails;
}

/** A figure that is a number of tokens: an integer from 0 to 2³¹−1. */
export function tokenFigure(value: unknown): number | undefined {
  return isTokenCount(value) ? value : undefined;
}

/** The details that were told: figures, and more than none. */
export function toldDetails(figures: { readonly [Name in keyof UsageDetails]: unknown }): UsageDetails {
  return Object.fromEntries(Object.entries(figures).filter(([, figure]) => tokenFigure(figure)));
}

/** The sum of figures, where it is a number of tokens itself. */
export function sumOfFigures(...figures: readonly number[]): number | undefined {
  return tokenFigure(figures.reduce((sum, figure) => sum + figure, 0));
}
