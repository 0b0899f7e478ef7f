/** Each parameter that npm's `openai` types is in one of the classes; one that is new there does not compile here. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ChatCompletionCreateParams } from 'openai/resources/chat/completions';
import type { ResponseCreateParams } from 'openai/resources/responses/responses';
import {
  completionParameters,
  parametersOf,
  responseParameters,
} from '../../../../src/domain/request/openai-parameters.ts';
import { CompletionBody } from '../../../../src/http/dialects/openai/completions/schema.ts';
import { ResponseBody } from '../../../../src/http/dialects/openai/responses/schema.ts';

type Classes = typeof completionParameters | typeof responseParameters;
type NamesOf<Of extends Classes> =
  | Of['honoured'][number]
  | Of['hints'][number]
  | Of['limited'][number]
  | keyof Of['refused'];

/** The parameters without a class: there are none. */
const ofCompletions: Record<
  Exclude<keyof ChatCompletionCreateParams, NamesOf<typeof completionParameters>>,
  never
> = {};
const ofResponses: Record<
  Exclude<keyof ResponseCreateParams, NamesOf<typeof responseParameters>>,
  never
> = {};

for (const [name, classes, schema, unclassified] of [
  ['chat completions', completionParameters, CompletionBody, ofCompletions],
  ['responses', responseParameters, ResponseBody, ofResponses],
] as const) {
  test(`${name}: what is taken is in the schema, and nothing else`, () => {
    const { taken, refused } = parametersOf(classes);
    assert.deepEqual(Object.keys(schema.properties).sort(), [...taken].sort());
    assert.deepEqual(
      taken.filter((one) => Object.hasOwn(refused, one)),
      [],
    );
    assert.deepEqual(unclassified, {});
  });
}
