/** The sampling and the hints of a request, as the engine takes them. */
import type { GenerationOptions } from '../../../../domain/generation.ts';
import type { PersonaRevision } from '../../../../domain/persona.ts';
import type { Hints } from '../../../../domain/request/tools.ts';

export interface SamplingBody {
  readonly temperature?: number;
  readonly top_p?: number;
  readonly presence_penalty?: number;
  readonly frequency_penalty?: number;
  readonly stop?: string | readonly string[];
  readonly seed?: number;
}

type Sampling = NonNullable<GenerationOptions['sampling']>;

export function samplingOf(body: SamplingBody): Pick<GenerationOptions, 'sampling'> {
  const { temperature, top_p: topP, presence_penalty, frequency_penalty, stop, seed } = body;
  const sampling: Sampling = {
    ...(temperature !== undefined && { temperature }),
    ...(topP !== undefined && { topP }),
    ...(presence_penalty !== undefined && { presencePenalty: presence_penalty }),
    ...(frequency_penalty !== undefined && { frequencyPenalty: frequency_penalty }),
    ...(stop !== undefined && { stop: typeof stop === 'string' ? [stop] : stop }),
    ...(seed !== undefined && { seed }),
  };
  return Object.keys(sampling).length === 0 ? {} : { sampling };
}

/** The numbers that hold for the answer: the request's, else the persona's, else the usual ones. */
export function effectiveSampling(body: SamplingBody, revision: PersonaRevision | undefined) {
  return {
    temperature: body.temperature ?? revision?.temperature ?? 1,
    top_p: body.top_p ?? revision?.topP ?? 1,
    presence_penalty: body.presence_penalty ?? 0,
    frequency_penalty: body.frequency_penalty ?? 0,
  };
}

/** Hints without those that are absent. */
export function hintsOf(hints: Hints): Pick<GenerationOptions, 'hints'> {
  const given = Object.fromEntries(
    Object.entries(hints).filter(([, value]) => value !== undefined && value !== null),
  );
  return Object.keys(given).length === 0 ? {} : { hints: given };
}
