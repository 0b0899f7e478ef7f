/**
 * Everything that reads a provider's text (`stranger-text.ts` has what reads that of others), and texts that are hard on patterns and searches: what `bench/patterns.ts`
 * measures, and what a test holds to come to an end.
 */

import { parseRetryAfterMs } from '../../../server/src/domain/headers/retry-after.ts';
import { parseForeignJson } from '../../../server/src/domain/text/json.ts';
import { summaryOf } from '../../../server/src/generation/afterwards/summary-prompt.ts';
import { isTitleComplete, titleOf } from '../../../server/src/generation/afterwards/title-text.ts';
import { TextNormalizer } from '../../../server/src/generation/log/text-normalizer.ts';
import { createAnswerReader } from '../../../server/src/models/answer/answer-decoder.ts';
import type { DecoderContext } from '../../../server/src/models/answer/answer-progress.ts';
import { finishMeaning } from '../../../server/src/models/answer/finish-reason.ts';
import { AnthropicDecoder } from '../../../server/src/models/anthropic/decoder.ts';
import { bestFirst } from '../../../server/src/models/discovery/best-first.ts';
import { readModelList } from '../../../server/src/models/discovery/model-list.ts';
import type { ModelPart } from '../../../server/src/models/language-model.ts';
import { OpenAiDecoder } from '../../../server/src/models/openai/decoder.ts';
import { EventReader, EventTooLongError } from '../../../server/src/models/upstream/body/event-reader.ts';
import { redirectTarget } from '../../../server/src/models/upstream/redirect.ts';
import {
  errorFromFields,
  errorFromStatus,
  errorFromUnexpectedBody,
} from '../../../server/src/models/upstream/upstream-error.ts';
import type { WireDecoder } from '../../../server/src/models/upstream/wire-decoder.ts';
import { parseQueries } from '../../../server/src/research/queries.ts';

/** Puts a text where a provider would have it, and gives what then reads it. */
export type PrepareReading = (text: string) => () => unknown;

/** Characters of a delta, and of a piece of a body as it comes from a socket. */
const deltaCharacters = 64;
const pieceCharacters = 16_384;

const upstream = { provider: 'bench', apiKey: 'sk-0123456789abcdef' };
const facts = { ...upstream, model: 'bench' };

/** What is repeated to make a text of any length. */
const repeated: Readonly<Record<string, string>> = {
  words: 'The quick brown fox jumps over the lazy dog, and nobody knows why. ',
  blanks: ' ',
  lines: '\n',
  returns: '\r',
  letters: 'a',
  'angle brackets': '<',
  'closing tags': '</',
  'thinking tags': '<think',
  'whole tags': '<think></think>',
  'mentions of tags': ' </think> ',
  'square brackets': '[',
  braces: '{"a":',
  backticks: '`',
  quotes: '"',
  backslashes: '\\',
  'harmony tokens': '<|channel|>',
  'beginnings of tokens': '<|',
  'ends of messages': '<|end|>',
  'turns without tokens': '.assistantfina',
  'headers without tokens': 'to=',
  boxes: '\\boxed{',
  digits: '1',
  commas: ', ',
  'halves of characters': '\ud83d',
  'dots between letters': 'a....b',
  slashes: '/',
  'closing quotes and stars': '»*',
  'combining marks': '\u0301',
  'signs for whole sentences': '\ufdfa',
  families: '👨‍👩‍👧',
};

/** A text of about `length` characters for each kind. */
export function hardTexts(length: number): readonly (readonly [kind: string, text: string])[] {
  return Object.entries(repeated).map(([kind, piece]) => [
    kind,
    piece.repeat(Math.ceil(length / piece.length)),
  ]);
}

/** A text of about `length` characters with as much of each kind. */
export function mixedText(length: number): string {
  const kinds = Object.keys(repeated).length;
  return hardTexts(Math.ceil(length / kinds))
    .map(([, text]) => text)
    .join('');
}

export const readers: Readonly<Record<string, PrepareReading>> = {
  'an OpenAI stream': (text) => stream(openAi, text, openAiEvent),
  'an OpenAI stream that thinks': (text) => stream(openAi, `<think>${text}`, openAiEvent),
  'an OpenAI stream in harmony': (text) =>
    stream(openAi, `<|channel|>analysis<|message|>${text}`, openAiEvent),
  'an OpenAI stream in harmony without tokens': (text) => stream(openAi, `analysisWe ${text}`, openAiEvent),
  'an OpenAI stream of reasoning': (text) =>
    stream(openAi, text, (delta) => openAiDelta({ reasoning_content: delta })),
  'an OpenAI stream of content parts': (text) =>
    stream(openAi, text, (delta) => openAiDelta({ content: [{ type: 'text', text: delta }] })),
  'an OpenAI stream of a tool call': (text) =>
    stream(openAi, text, (delta) => openAiDelta({ tool_calls: [{ function: { arguments: delta } }] })),
  'an OpenAI stream of tool calls': (text) =>
    stream(openAi, text, (delta) => openAiDelta({ tool_calls: [{ id: delta, function: { name: delta } }] })),
  'an OpenAI stream of named call deltas': (text) => namedCallDeltas(text),
  'an Anthropic stream': (text) => stream(anthropic, text, anthropicEvent),
  'an Anthropic stream that thinks': (text) => stream(anthropic, `<think>${text}`, anthropicEvent),
  'a whole completion': (text) =>
    whole(openAi, { choices: [{ message: { content: text }, finish_reason: text }] }),
  'a whole message': (text) =>
    whole(anthropic, { type: 'message', content: [{ type: 'text', text }], stop_reason: text }),
  'a body that is no stream': (text) => () => readBody(openAi(), text),
  'a body of lines of data': (text) => {
    const body = `data: ${text}\n`;
    return () => readBody(openAi(), body);
  },
  'an error text': (text) => () => errorFromStatus(upstream, 400, {}, text),
  'an error object': (text) => {
    const body = JSON.stringify({ error: { message: text } });
    return () => errorFromStatus(upstream, 429, {}, body);
  },
  'an error page': (text) => {
    const body = `<html><title>${text}</title>${text}`;
    return () => errorFromStatus(upstream, 502, {}, body);
  },
  'an error in a stream': (text) => () =>
    errorFromFields(upstream, { message: text, code: text, type: text, metadata: { raw: text } }),
  'a text for an answer': (text) => () => errorFromUnexpectedBody(upstream, 'text/plain', text),
  'a page for an answer': (text) => {
    const page = `<!doctype html><title>${text}</title>`;
    return () => errorFromUnexpectedBody(upstream, 'text/html', page);
  },
  'headers of an error': (text) => () => {
    parseRetryAfterMs({ 'retry-after': text, 'retry-after-ms': text }, 0);
    redirectTarget({ origin: 'http://localhost', path: '/v1' }, { location: text });
  },
  'a list of models': (text) => () => namesOf(text),
  'a list of a model': (text) => {
    const list = JSON.stringify({ data: [{ id: text.slice(0, 500), note: text }] });
    return () => namesOf(list);
  },
  'a list of many models': (text) => {
    const data: object[] = [];
    forEachPiece(text, deltaCharacters, (piece) => data.push({ id: `${data.length}${piece}` }));
    const list = JSON.stringify({ data });
    return () => namesOf(list);
  },
  'a finish reason': (text) => () => finishMeaning(text),
  'a title': (text) => () => titleOf(text),
  'a title in JSON': (text) => {
    const json = JSON.stringify({ title: text.slice(0, 1900) });
    return () => titleOf(json);
  },
  'a title as it grows': (text) => () => {
    for (let end = 0; end < 2000; end += 20) isTitleComplete(text.slice(0, end));
  },
  'a summary': (text) => () => summaryOf(`<summary>${text}`),
  'a list of queries': (text) => () => parseQueries(text),
  'the text of a log': (text) => () => {
    const normalizer = new TextNormalizer();
    forEachPiece(text, deltaCharacters, (piece) => normalizer.push(piece));
  },
};

function namesOf(list: string): void {
  bestFirst(readModelList(list) ?? [], undefined);
}

/** One call whose deltas repeat its name, a thousand of them in an event; each has an eighth of a piece of the text. */
function namedCallDeltas(text: string): () => void {
  const events: string[] = [];
  let calls: object[] = [];
  const end = (): void => {
    if (calls.length > 0) events.push(openAiDelta({ tool_calls: calls }));
    calls = [];
  };
  forEachPiece(text, 8, (piece) => {
    calls.push({ index: 0, function: { name: 'f', arguments: `{${piece.slice(1, 2)}` } });
    if (calls.length >= 1000) end();
  });
  end();
  const body = events.join('');
  return () => readBody(openAi(), body);
}

function openAi(): WireDecoder {
  return decoder((context) => new OpenAiDecoder(context));
}

function anthropic(): WireDecoder {
  return decoder((context) => new AnthropicDecoder(context));
}

function decoder(decode: (context: DecoderContext) => WireDecoder): WireDecoder {
  return createAnswerReader(facts, decode)({ messages: [], parameters: {} }, undefined)();
}

function openAiDelta(delta: object): string {
  return `data: ${JSON.stringify({ choices: [{ index: 0, delta }] })}\n\n`;
}

function openAiEvent(delta: string): string {
  return openAiDelta({ content: delta });
}

function anthropicEvent(text: string): string {
  const event = { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text } };
  return `event: content_block_delta\ndata: ${JSON.stringify(event)}\n\n`;
}

function stream(wire: () => WireDecoder, text: string, eventOf: (delta: string) => string): () => void {
  const events: string[] = [];
  forEachPiece(text, deltaCharacters, (piece) => events.push(eventOf(piece)));
  const body = events.join('');
  return () => readBody(wire(), body);
}

function whole(wire: () => WireDecoder, body: Record<string, unknown>): () => void {
  return () => readWhole(wire(), body);
}

/** Takes what has come after each piece, as a consumer that keeps up does. An error ends the reading, as it would a call. */
function readBody(wire: WireDecoder, body: string): void {
  let parts: ModelPart[] = [];
  let isDone = false;
  const reader = new EventReader({
    accept: (event) => {
      if (!isDone) isDone = wire.accept(event, parts) === 'done';
    },
    acceptWhole: (json) => wire.acceptWhole(parseForeignJson(json) as Record<string, unknown>, parts),
  });
  orError(() => {
    forEachPiece(body, pieceCharacters, (piece) => {
      reader.feed(piece);
      parts = [];
    });
    reader.end();
    wire.end(parts);
  });
}

function readWhole(wire: WireDecoder, body: Record<string, unknown>): void {
  const parts: ModelPart[] = [];
  orError(() => {
    wire.acceptWhole(body, parts);
    wire.end(parts);
  });
}

function orError(read: () => void): void {
  try {
    read();
  } catch (error) {
    if (error instanceof EventTooLongError || error instanceof SyntaxError) return;
    if (error instanceof Error && error.name === 'ModelError') return;
    throw error;
  }
}

function forEachPiece(text: string, length: number, take: (piece: string) => void): void {
  for (let start = 0; start < text.length; start += length) take(text.slice(start, start + length));
}
