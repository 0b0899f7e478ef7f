/** Tells chat models from those that make or read images, sound or vectors, or judge texts. */
import { isObject } from '../upstream/upstream-error.ts';

/** Words of a model's name that say that it is no chat model. */
const otherWords: ReadonlySet<string> = new Set([
  ...['embed', 'embedding', 'embeddings', 'bge', 'e5', 'gte', 'minilm', 'bert', 'clip'],
  ...['rerank', 'reranker', 'moderation', 'guard', 'guardian', 'shieldgemma', 'aqa', 'ocr'],
  ...['whisper', 'tts', 'audio', 'realtime', 'live', 'transcribe', 'transcription', 'speech', 'voice'],
  ...['orpheus', 'kokoro', 'lyria', 'image', 'images', 'imagen', 'imagine', 'banana', 'dall', 'dalle'],
  ...['flux', 'diffusion', 'sdxl', 'video', 'veo', 'sora', 'davinci', 'babbage'],
  ...['asr', 'sensevoice', 'sensevoicesmall', 'cosyvoice', 'paraformer', 'parakeet', 'xtts', 'playai'],
  ...['t2i', 't2v', 'i2i', 'i2v', 'kolors', 'wan', 'wanx', 'cogview', 'cogvideox', 'seedream', 'seedance'],
  ...['recraft', 'ideogram', 'kling', 'hailuo', 'music', 'musicgen', 'nvclip', 'deplot'],
  ...['embedqa', 'rerankqa', 'reward', 'safety', 'safeguard', 'nemoguard', 'virtueguard'],
]);
/** OpenAI's last completion model; `instruct` alone is in the names of many chat models. */
const completionModel = /^gpt-3\.5-turbo-instruct/;

/** Characters of a name that are looked at. */
const lookedAt = 100;

/** What a list calls the purpose of a model, by the fields `type`, `task`, `pipeline_tag` and `model_type`. */
const chatPurposes: ReadonlySet<string> = new Set([
  'chat',
  'llm',
  'vlm',
  'text-generation',
  'conversational',
]);
const otherPurposes: ReadonlySet<string> = new Set([
  ...['embedding', 'embeddings', 'feature-extraction', 'rerank', 'text-ranking', 'moderation'],
  ...['image', 'text-to-image', 'image-generation', 'video', 'text-to-video'],
  ...['audio', 'speech', 'tts', 'text-to-speech', 'transcribe', 'transcription'],
  'automatic-speech-recognition',
]);

/** By what the entry declares, where it does, else by the model's name. */
export function isChatModel(entry: unknown, name: string): boolean {
  return (isObject(entry) ? declaredToChat(entry) : undefined) ?? !isNamedOtherwise(name);
}

function isNamedOtherwise(name: string): boolean {
  if (completionModel.test(name)) return true;
  return name
    .slice(0, lookedAt)
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .some((word) => otherWords.has(word) || otherWords.has(word.replace(/\d+$/, '')));
}

function declaredToChat(entry: Record<string, unknown>): boolean | undefined {
  if (entry.active === false || entry.archived === true) return false;
  const answers = [
    byCapabilities(entry.capabilities),
    byMethods(entry.supportedGenerationMethods ?? entry.supported_generation_methods),
    typeof entry.supports_chat === 'boolean' ? entry.supports_chat : undefined,
    byEndpoints(entry.endpoints),
    byPurpose([entry.type, entry.task, entry.pipeline_tag, entry.model_type]),
    byOutput(entry),
  ].filter((answer) => answer !== undefined);
  return answers.length === 0 ? undefined : !answers.includes(false);
}

/** Mistral and Azure say `{completion_chat}` and `{chat_completion}`, Ollama `["completion", …]`. */
function byCapabilities(capabilities: unknown): boolean | undefined {
  if (isObject(capabilities)) {
    if (capabilities.ocr === true && capabilities.function_calling !== true) return false;
    const chats = capabilities.completion_chat ?? capabilities.chat_completion;
    return typeof chats === 'boolean' ? chats : undefined;
  }
  if (!Array.isArray(capabilities)) return undefined;
  if (capabilities.includes('completion') || capabilities.includes('chat')) return true;
  return capabilities.includes('embedding') || capabilities.includes('embeddings') ? false : undefined;
}

/** Google's own list. */
function byMethods(methods: unknown): boolean | undefined {
  if (!Array.isArray(methods)) return undefined;
  // Models of images and sound are called by this method too.
  return methods.includes('generateContent') ? undefined : false;
}

/** Cohere: `["chat", "generate"]`, `["embed"]`. */
function byEndpoints(endpoints: unknown): boolean | undefined {
  if (!Array.isArray(endpoints)) return undefined;
  if (endpoints.includes('chat')) return true;
  return ['embed', 'rerank', 'classify'].some((name) => endpoints.includes(name)) ? false : undefined;
}

function byPurpose(purposes: readonly unknown[]): boolean | undefined {
  for (const purpose of purposes) {
    if (typeof purpose !== 'string') continue;
    if (chatPurposes.has(purpose.toLowerCase())) return true;
    if (otherPurposes.has(purpose.toLowerCase())) return false;
  }
  return undefined;
}

/** OpenRouter, xAI and GitHub list the kinds of output. Models that draw also write about it. */
function byOutput(entry: Record<string, unknown>): boolean | undefined {
  const { architecture } = entry;
  const output =
    (isObject(architecture) ? architecture.output_modalities : undefined) ??
    entry.output_modalities ??
    entry.supported_output_modalities;
  if (!Array.isArray(output) || output.length === 0) return undefined;
  return output.every((kind) => kind === 'text') ? undefined : false;
}
