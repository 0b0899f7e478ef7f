/** The form that an answer is held to, as a grammar. */
import {
  type GbnfJsonObjectSchema,
  type Llama,
  type LlamaGrammar,
  LlamaGrammarEvaluationState,
  type LlamaModel,
  LlamaText,
} from 'node-llama-cpp';
import type { ResponseFormat } from '../../../domain/request/tools.ts';
import { toGrammarSchema } from './json-schema.ts';

export interface Form {
  readonly state: LlamaGrammarEvaluationState;
  /** Texts that the grammar writes behind the whole answer. */
  readonly stopTexts: readonly string[];
}

export async function createForm(
  { llama, model }: { readonly llama: Llama; readonly model: LlamaModel },
  format: ResponseFormat | undefined,
): Promise<Form | undefined> {
  if (format === undefined) return undefined;
  const grammar: LlamaGrammar =
    format.type === 'json_object'
      ? await llama.getGrammarFor('json')
      : await llama.createGrammarForJsonSchema(toGrammarSchema(format.schema) as GbnfJsonObjectSchema);
  const triggers = grammar.stopGenerationTriggers.map((trigger) => LlamaText(trigger as string).values);
  const stopTexts = triggers.flatMap((values) =>
    values.every((value) => typeof value === 'string') ? [values.join('')] : [],
  );
  return { state: new LlamaGrammarEvaluationState({ model, grammar }), stopTexts };
}
