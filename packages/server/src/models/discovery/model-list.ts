/**
 * Reads a provider's list of models. Shapes: `{data: […]}` (OpenAI, Anthropic, Mistral, vLLM, OpenRouter), `{models: […]}`
 * (Google, Ollama, LM Studio, xAI, Cohere), both at once (llama.cpp), or a bare array (Together, GitHub).
 */
import { parseForeignJson } from '../../domain/text/json.ts';
import { isObject } from '../upstream/upstream-error.ts';
import { isChatModel } from './chat-models.ts';

export interface ListedModel {
  /** The provider's name for the model. */
  readonly name: string;
  /** Tokens; absent where the list does not say. */
  readonly contextWindow?: number;
}

/** Entries after this many are not read. */
const longestList = 5_000;
const longestNameCharacters = 500;
const smallestWindow = 128;
const largestWindow = 100_000_000;

/** The chat models of a list, in its order, each name once; undefined where the text is no list of models. */
export function readModelList(text: string): readonly ListedModel[] | undefined {
  let parsed: unknown;
  try {
    parsed = parseForeignJson(text);
  } catch {
    return undefined;
  }
  const entries = findEntries(parsed);
  if (entries === undefined) return undefined;
  const models = new Map<string, ListedModel>();
  for (const entry of entries.slice(0, longestList)) {
    const name = nameOf(entry);
    if (name === undefined || models.has(name) || !isChatModel(entry, name)) continue;
    const contextWindow = isObject(entry) ? contextWindowOf(entry) : undefined;
    models.set(name, { name, ...(contextWindow !== undefined && { contextWindow }) });
  }
  return [...models.values()];
}

function findEntries(parsed: unknown): readonly unknown[] | undefined {
  if (Array.isArray(parsed)) return parsed.some((entry) => nameOf(entry) !== undefined) ? parsed : undefined;
  if (!isObject(parsed)) return undefined;
  const lists = [parsed.data, parsed.models].filter((list) => Array.isArray(list));
  return lists.find((list) => list.length > 0) ?? lists[0];
}

/** Google's own list prefixes names with `models/`. */
function nameOf(entry: unknown): string | undefined {
  const names = isObject(entry) ? [entry.id, entry.name, entry.model, entry.key] : [entry];
  const name = names.find((value) => typeof value === 'string' && value !== '');
  if (typeof name !== 'string' || name.length > longestNameCharacters) return undefined;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: such a name can't be shown, nor sent.
  if (/[\u0000-\u001f\u007f]/.test(name)) return undefined;
  return name.startsWith('models/') ? name.slice('models/'.length) : name;
}

/** What a server has loaded counts before what the model could take. */
function contextWindowOf(entry: Record<string, unknown>): number | undefined {
  const { meta, top_provider, limits, metadata } = entry;
  const windows = [
    entry.loaded_context_length,
    field(meta, 'n_ctx'),
    entry.n_ctx,
    entry.max_model_len,
    field(top_provider, 'context_length'),
    entry.context_length,
    entry.context_window,
    entry.max_context_length,
    entry.inputTokenLimit,
    entry.max_input_tokens,
    field(limits, 'max_input_tokens'),
    field(metadata, 'context_length'),
    field(meta, 'n_ctx_train'),
  ];
  return windows.find(isWindow);
}

function field(value: unknown, name: string): unknown {
  return isObject(value) ? value[name] : undefined;
}

function isWindow(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= smallestWindow && (value as number) <= largestWindow;
}
