/** The chats frames of every event of the log. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LogEvent } from '../../../../src/domain/event.ts';
import { unknownUsage } from '../../../../src/domain/usage.ts';
import { chatsCodec } from '../../../../src/http/dialects/chats/codec.ts';
import { beginning, encodeRun } from '../../../../src/http/streaming/encoder.ts';

const messageId = '019ab1c2-7d3e-7c4f-9a10-5b6c7d8e9f01';

const generationId = 'g';

/** The frames of each event, without their ids. */
function framesOf(events: readonly LogEvent[]): (readonly string[])[] {
  const context = { generationId, conversationId: 'c', sessionId: 's', messageId };
  let position = beginning(chatsCodec, context);
  return events.map((event, index) => {
    const encoded = encodeRun(chatsCodec, generationId, position, { firstSeq: index + 1, events: [event] });
    position = encoded.position;
    return encoded.text.split(/id: g:.*\n\n/).slice(0, -1);
  });
}

test('the way of an answer from the internet', () => {
  const source = { index: 1, title: 'A\npage', url: 'https://a.example/', snippet: 'é' };
  const usage = { prompt_tokens: 1, completion_tokens: 2, total_tokens: 3, provenance: 'reported' } as const;
  assert.deepEqual(
    framesOf([
      { type: 'generation-queued', position: 2, new_session: false },
      { type: 'generation-started' },
      { type: 'status', status: 'searching' },
      { type: 'status', status: 'reading' },
      { type: 'sources', sources: [source] },
      { type: 'status', status: 'answering' },
      { type: 'part-started', kind: 'reasoning' },
      'hm',
      { type: 'part-finished' },
      { type: 'part-started', kind: 'text' },
      'It is so [1].',
      '',
      '\n',
      { type: 'part-finished' },
      { type: 'part-started', kind: 'tool-call', id: 'x', name: 'y' },
      '{}',
      { type: 'part-finished' },
      { type: 'generation-finished', status: 'done', finish_reason: 'stop', usage, error: null },
    ]),
    [
      ['event: status\ndata: {"status":"queued","position":2}\n'],
      [],
      ['event: status\ndata: {"status":"searching"}\n'],
      ['event: status\ndata: {"status":"reading"}\n'],
      [
        'event: sources\ndata: {"sources":[{"index":1,"title":"A\\npage","url":"https://a.example/","snippet":"é"}]}\n',
      ],
      ['event: status\ndata: {"status":"answering"}\n'],
      [],
      [],
      [],
      [],
      ['data: It is so [1].\n'],
      [],
      ['data: \ndata: \n'],
      [],
      [],
      [],
      [],
      [
        `event: done\ndata: {"id":"${messageId}","finish_reason":"stop","usage":{"prompt_tokens":1,"completion_tokens":2,"total_tokens":3,"provenance":"reported"}}\n`,
      ],
    ],
  );
});

test('what begins at once says nothing; nothing found says so', () => {
  assert.deepEqual(
    framesOf([
      { type: 'generation-queued', position: 0, new_session: false },
      { type: 'sources', sources: [], notice: 'the search is down' },
    ]),
    [[], ['event: sources\ndata: {"sources":[],"notice":"the search is down"}\n']],
  );
});

test('every way to end', () => {
  const error = { code: 'interrupted', message: 'the server stopped' } as const;
  const end = (more: object): LogEvent => ({
    type: 'generation-finished',
    status: 'done',
    finish_reason: null,
    usage: unknownUsage,
    error: null,
    ...more,
  });
  const [cancelled, failed, interrupted] = framesOf([
    end({ status: 'cancelled', finish_reason: 'cancelled' }),
    end({ status: 'failed', error: { code: 'provider_timeout', message: 'too slow' } }),
    end({ status: 'interrupted', error }),
  ]);
  const usage = JSON.stringify(unknownUsage);
  assert.deepEqual(cancelled, [
    `event: done\ndata: {"id":"${messageId}","finish_reason":"cancelled","usage":${usage}}\n`,
  ]);
  assert.deepEqual(failed, ['event: error\ndata: {"code":"provider_timeout","message":"too slow"}\n']);
  assert.deepEqual(interrupted, [
    'event: error\ndata: {"code":"interrupted","message":"the server stopped"}\n',
  ]);
});
