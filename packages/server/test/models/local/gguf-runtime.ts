/** Runs tiny models for tests, and collects what they stream. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { LanguageModel, ModelPart, ModelRequest } from '../../../src/models/language-model.ts';
import {
  createLocalRuntime,
  type LocalRuntime,
  type LocalRuntimeOptions,
} from '../../../src/models/local/process/runtime.ts';
import { type TinyGgufOptions, writeTinyGguf } from './gguf.ts';

/** The text that a tiny model recites at temperature 0, whatever it is asked. */
export const recitedText = 'Waltz-bring, 😀é日!';

export interface TinyRuntime extends AsyncDisposable {
  readonly runtime: LocalRuntime;
  readonly model: LanguageModel;
}

export async function startTinyRuntime(
  options: Omit<LocalRuntimeOptions, 'modelPath'> & { gguf?: TinyGgufOptions } = {},
): Promise<TinyRuntime> {
  const folder = await mkdtemp(join(tmpdir(), 'colloquy-gguf-'));
  const modelPath = await writeTinyGguf(join(folder, 'tiny.gguf'), { recite: recitedText, ...options.gguf });
  const runtime = createLocalRuntime({ ...options, modelPath });
  return {
    runtime,
    model: runtime.model,
    async [Symbol.asyncDispose]() {
      await runtime[Symbol.asyncDispose]();
      await rm(folder, { recursive: true });
    },
  };
}

export const askTiny: ModelRequest = {
  messages: [
    { role: 'system', text: 'Recite.' },
    { role: 'user', text: 'Go on.' },
  ],
  parameters: { temperature: 0 },
};

/** Sampling that makes the model say random tokens. */
export const rambleTiny: ModelRequest = {
  ...askTiny,
  parameters: { temperature: 200, topP: 1, maxTokens: 20 },
};

export interface Collected {
  readonly text: string;
  readonly parts: readonly ModelPart[];
  readonly batches: number;
}

export async function collect(
  stream: AsyncIterable<readonly ModelPart[]>,
  onText: (text: string) => void = () => {},
): Promise<Collected> {
  const parts: ModelPart[] = [];
  let text = '';
  let batches = 0;
  for await (const batch of stream) {
    batches++;
    parts.push(...batch);
    for (const part of batch) if (part.type === 'text') text += part.text;
    if (text !== '') onText(text);
  }
  return { text, parts, batches };
}
