/** What calls of models come to, added up by hour and by who made them and why. */
import { Latencies } from '../../domain/usage/latencies.ts';
import { type ModelCall, toBillionths } from '../../domain/usage.ts';
import type { UsageRollupTable } from '../queries/usage-tables.ts';

const hourMs = 3_600_000;

/** Instead of an end user's id: the calls of everybody, those of end users among them. */
export const everybody = '';

/** Hours since 1970. */
export function hourOf(ms: number): number {
  return Math.floor(ms / hourMs);
}

export function startOfHour(hour: number): number {
  return hour * hourMs;
}

/** A model call, as far as it is added up. */
export type CountedCall = Omit<
  ModelCall,
  'id' | 'generationId' | 'reservationId' | 'firstTokenMs' | 'durationMs'
> &
  Required<Pick<ModelCall, 'firstTokenMs' | 'durationMs'>>;

export const figureNames = [
  'calls',
  'requests',
  'errors',
  'unpriced_calls',
  'prompt_tokens',
  'completion_tokens',
  'cost',
] as const;
export type FigureName = (typeof figureNames)[number];
export type Figures = Record<FigureName, number>;

/** What tells rollups apart. */
export const keyNames = [
  'organization_id',
  'end_user_id',
  'hour',
  'environment',
  'model_id',
  'persona_id',
  'api_key_id',
  'purpose',
  'provenance',
] as const;
export type RollupKey = Pick<UsageRollupTable, (typeof keyNames)[number]>;

export interface Rollup {
  readonly key: RollupKey;
  readonly figures: Figures;
  readonly firstToken: Latencies;
  readonly duration: Latencies;
}

/** The rollup that a call belongs to, with its end user or for everybody. */
export function keyOf(call: CountedCall, endUserId: string): RollupKey {
  return {
    organization_id: call.organizationId,
    end_user_id: endUserId,
    hour: hourOf(call.createdAt),
    environment: call.environment,
    model_id: call.modelId,
    persona_id: call.personaId ?? 0,
    api_key_id: call.apiKeyId ?? '',
    purpose: call.purpose,
    provenance: call.provenance,
  };
}

export function emptyRollup(key: RollupKey): Rollup {
  return { key, figures: noFigures(), firstToken: new Latencies(), duration: new Latencies() };
}

export function addCall({ figures, firstToken, duration }: Omit<Rollup, 'key'>, call: CountedCall): void {
  countCall(figures, call);
  if (typeof call.firstTokenMs === 'number') firstToken.add(call.firstTokenMs);
  if (typeof call.durationMs === 'number') duration.add(call.durationMs);
}

/** Adds a call without its times. */
export function countCall(figures: Figures, call: CountedCall): void {
  figures.calls += 1;
  if (call.isRequest) figures.requests += 1;
  if (call.isFailed) figures.errors += 1;
  if (call.cost === null) figures.unpriced_calls += 1;
  else figures.cost += Math.min(toBillionths(call.cost), Number.MAX_SAFE_INTEGER);
  figures.prompt_tokens += call.promptTokens;
  figures.completion_tokens += call.completionTokens;
}

export function noFigures(): Figures {
  return Object.fromEntries(figureNames.map((name) => [name, 0])) as Figures;
}

/** Adds what is stored, or several rows of it in one; `sign` −1 takes it away. */
export function addStored(
  { figures, firstToken, duration }: Omit<Rollup, 'key'>,
  stored: Figures & Pick<UsageRollupTable, 'first_token' | 'duration'>,
  sign: 1 | -1 = 1,
): void {
  for (const name of figureNames) figures[name] += sign * stored[name];
  firstToken.addText(stored.first_token, sign);
  duration.addText(stored.duration, sign);
}
