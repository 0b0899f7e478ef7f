/** The figures of a `usage` object, as servers of OpenAI's format give it. */
import { sumOfFigures, type TokenFigures, tokenFigure, toldDetails } from '../answer/token-figures.ts';
import { isObject } from '../upstream/upstream-error.ts';

/** Where a chunk has its figures: Groq puts them under `x_groq`, Moonshot into the choice. */
export function findUsage(
  chunk: Readonly<Record<string, unknown>>,
  choice: unknown,
): Record<string, unknown> | undefined {
  if (isObject(chunk.usage)) return chunk.usage;
  if (isObject(chunk.x_groq) && isObject(chunk.x_groq.usage)) return chunk.x_groq.usage;
  return isObject(choice) && isObject(choice.usage) ? choice.usage : undefined;
}

/**
 * Cached tokens are part of `prompt_tokens`, and reasoning of `completion_tokens`, but for xAI and Gemini, which count
 * reasoning apart: there the total is more than the sum of both.
 */
export function readUsage(usage: Readonly<Record<string, unknown>>): TokenFigures {
  const details = readDetails(usage);
  return { ...readTotals(usage), ...(Object.keys(details).length > 0 && { details }) };
}

function readTotals(usage: Readonly<Record<string, unknown>>): TokenFigures {
  const prompt = tokenFigure(usage.prompt_tokens ?? usage.input_tokens);
  const said = usage.completion_tokens ?? usage.output_tokens;
  const total = tokenFigure(usage.total_tokens);
  // Some servers leave the field out where nothing was generated.
  const completion = said === undefined || said === null ? 0 : tokenFigure(said);
  if (prompt === undefined || completion === undefined) return { prompt, completion };
  const reasoning = reasoningTokens(usage);
  if (total === undefined) {
    // What is part of the completion can't be more than it.
    return { prompt, completion: reasoning > completion ? sumOfFigures(completion, reasoning) : completion };
  }
  const apart = total - prompt - completion;
  if (apart <= 0) return { prompt, completion };
  // Gemini does not say what the rest is; it bills it as output.
  const isCompletion = reasoning === 0 || reasoning === apart;
  return { prompt, completion: isCompletion ? sumOfFigures(completion, apart) : completion };
}

/** DeepSeek and Moonshot have names of their own for what was read from the cache. */
function readDetails(usage: Readonly<Record<string, unknown>>) {
  const ofPrompt = usage.prompt_tokens_details ?? usage.input_tokens_details;
  const prompt = isObject(ofPrompt) ? ofPrompt : {};
  return toldDetails({
    cached_tokens: prompt.cached_tokens ?? usage.prompt_cache_hit_tokens ?? usage.cached_tokens,
    cache_write_tokens: prompt.cache_write_tokens,
    reasoning_tokens: reasoningTokens(usage),
  });
}

function reasoningTokens(usage: Readonly<Record<string, unknown>>): number {
  const details = usage.completion_tokens_details ?? usage.output_tokens_details;
  const figure = isObject(details) ? details.reasoning_tokens : usage.reasoning_tokens;
  return tokenFigure(figure) ?? 0;
}
