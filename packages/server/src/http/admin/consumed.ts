/** What keys, organizations and end users have used up of their limits. */
import { type Static, Type } from 'typebox';
import { type LimitName, limitNames, type SubjectLimits } from '../../domain/limits/limits.ts';
import type { GenerationEngine } from '../../generation/interface.ts';

const used = (name: LimitName) =>
  Type.Optional(Type.Number({ minimum: 0, description: `Of \`${name}\`.`, examples: [3] }));

const fields = Object.fromEntries(limitNames.map((name) => [name, used(name)])) as {
  readonly [Name in LimitName]: ReturnType<typeof used>;
};

export const ConsumedSchema = Type.Object(fields, {
  $id: 'ConsumedLimits',
  title: 'ConsumedLimits',
  description:
    'What is used up of each limit that holds, in its own unit: in the minute before now, since the day or the month (UTC) began with what running calls may still cost, or now. It may be more than the limit.',
});

export const Consumed = Type.Ref('ConsumedLimits#');

/** Gives what a subject of these has used up, by its id. */
export async function readConsumed(
  { limiter, storedLimits }: Pick<GenerationEngine, 'limiter' | 'storedLimits'>,
  subjects: readonly SubjectLimits[],
): Promise<(id: string) => Static<typeof ConsumedSchema>> {
  const states = [...(await limiter.states(subjects)), ...(await storedLimits.states(subjects))];
  const ofSubject = Map.groupBy(states, ({ id }) => id);
  return (id) => Object.fromEntries((ofSubject.get(id) ?? []).map(({ name, used }) => [name, used]));
}
