/** The ids of `/v1` name what they were made of, and nothing else. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  itemId,
  itemPrefixes,
  readItemId,
  readWholeId,
  wholeId,
} from '../../../../src/http/dialects/openai/ids.ts';

const uuid = '019ab1c2-7d3e-7c4f-9a10-5b6c7d8e9f02';
const hex = '019ab1c27d3e7c4f9a105b6c7d8e9f02';

test('ids of generations and conversations are read back, and so are bare UUIDs', () => {
  assert.equal(wholeId('resp', uuid), `resp_${hex}`);
  assert.equal(wholeId('chatcmpl', uuid), `chatcmpl-${hex}`);
  for (const prefix of ['resp', 'chatcmpl', 'conv'] as const) {
    assert.equal(readWholeId(prefix, wholeId(prefix, uuid)), uuid);
    assert.equal(readWholeId(prefix, uuid.toUpperCase()), uuid);
    assert.equal(readWholeId(prefix, wholeId(prefix, uuid).replace(hex, hex.toUpperCase())), uuid);
    for (const wrong of [
      '',
      `x_${hex}`,
      hex,
      `${prefix}_`,
      `${prefix}_${hex}0`,
      `${prefix}_${hex.slice(1)}g`,
    ])
      assert.equal(readWholeId(prefix, wrong), undefined, wrong);
  }
  assert.equal(readWholeId('resp', wholeId('conv', uuid)), undefined);
});

test('ids of items tell the message and the part', () => {
  assert.equal(itemId('msg', uuid, 10), `msg_${hex}0a`);
  for (const prefix of itemPrefixes)
    for (const part of [0, 7, 255, 256])
      assert.deepEqual(readItemId(itemId(prefix, uuid, part)), { prefix, messageId: uuid, part });
  for (const wrong of ['', `msg_${hex}`, `msg_${hex}0`, `call_${hex}00`, `msg-${hex}00`, `msg_${hex}00000`])
    assert.equal(readItemId(wrong), undefined, wrong);
});
