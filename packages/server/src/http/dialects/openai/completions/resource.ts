/** The chat completion, and the messages that it answers. */
import type { FinishReason } from '../../../../domain/generation.ts';
import type { MessagePart } from '../../../../domain/message.ts';
import { callId } from '../../../../domain/request/call-ids.ts';
import type { Usage } from '../../../../domain/usage.ts';
import type { MessageParts } from '../../../../store/queries/message-parts.ts';
import { citationsIn, type UrlCitation } from '../citations.ts';
import { itemId, wholeId } from '../ids.ts';
import { toSeconds } from '../seconds.ts';
import { completionUsage } from '../usage.ts';
import { type CompletionEcho, finishReasonOf } from './echo.ts';

/** An annotation of a chat completion, whose fields stand one level deeper than those of a response. */
export function annotationOf({ type, ...citation }: UrlCitation) {
  return { type, [type]: citation };
}

export interface CompletedAnswer {
  readonly generationId: string;
  readonly messageId: string;
  /** Epoch milliseconds. */
  readonly createdAt: number;
  readonly echo: CompletionEcho;
  readonly parts: readonly MessagePart[];
  readonly finishReason: FinishReason;
  readonly usage: Usage;
  /** Null where it is not stored, and none was given. */
  readonly metadata: Readonly<Record<string, string>> | null;
}

export function toCompletion(answer: CompletedAnswer) {
  return {
    id: wholeId('chatcmpl', answer.generationId),
    object: 'chat.completion' as const,
    created: toSeconds(answer.createdAt),
    model: answer.echo.model,
    choices: [
      {
        index: 0,
        message: toMessage(answer),
        logprobs: null,
        finish_reason: finishReasonOf(answer.finishReason),
      },
    ],
    usage: completionUsage(answer.usage),
    service_tier: 'default',
    ...(answer.metadata !== null && { metadata: answer.metadata }),
  };
}

function toMessage({ messageId, parts }: CompletedAnswer) {
  const text = textIn(parts, 'text');
  const reasoning = textIn(parts, 'reasoning');
  const sources = parts.flatMap((part) => (part.type === 'sources' ? part.sources : []));
  const calls = callsIn(parts, (index) => callId(messageId, index));
  return {
    role: 'assistant',
    content: text === '' && calls.length > 0 ? null : text,
    refusal: null,
    annotations: citationsIn(text, sources).map(annotationOf),
    ...(calls.length > 0 && { tool_calls: calls }),
    ...(reasoning !== '' && { reasoning_content: reasoning }),
  };
}

function textIn(parts: readonly MessagePart[], type: 'text' | 'reasoning'): string {
  return parts.map((part) => (part.type === type ? part.text : '')).join('');
}

function callsIn(parts: readonly MessagePart[], idOf: (index: number, own: string) => string) {
  return parts.flatMap((part, index) =>
    part.type === 'tool-call'
      ? [
          {
            id: idOf(index, part.id),
            type: 'function',
            function: { name: part.name, arguments: part.arguments },
          },
        ]
      : [],
  );
}

interface InputMessage {
  readonly id: string;
  readonly role: string;
  readonly content: string | null;
  readonly content_parts: readonly object[] | null;
  readonly refusal: null;
  readonly tool_calls?: readonly object[];
  readonly tool_call_id?: string;
}

/** A message of the input as lists of it show it; results are messages of their own. */
export function inputMessages(
  { id, role, parts }: Pick<MessageParts, 'id' | 'role' | 'parts'>,
  images: ReadonlyMap<string, string>,
): readonly InputMessage[] {
  if (role === 'tool') {
    return parts.flatMap((part, index) =>
      part.type === 'tool-result'
        ? [{ ...plain(itemId('fco', id, index), role, part.result), tool_call_id: part.id }]
        : [],
    );
  }
  const calls = callsIn(parts, (_index, own) => own);
  const text = textIn(parts, 'text');
  const message = plain(itemId('msg', id, 0), role, text === '' && calls.length > 0 ? null : text);
  const hasImages = parts.some(({ type }) => type === 'image');
  return [
    {
      ...message,
      ...(hasImages && { content_parts: parts.flatMap((part) => contentPart(part, images)) }),
      ...(calls.length > 0 && { tool_calls: calls }),
    },
  ];
}

function plain(id: string, role: string, content: string | null): InputMessage {
  return { id, role, content, content_parts: null, refusal: null };
}

function contentPart(part: MessagePart, images: ReadonlyMap<string, string>): object[] {
  if (part.type === 'text') return [{ type: 'text', text: part.text }];
  if (part.type !== 'image') return [];
  const url = 'url' in part ? part.url : images.get(part.file_id);
  return url === undefined ? [] : [{ type: 'image_url', image_url: { url, detail: part.detail ?? 'auto' } }];
}
