/** Which tag has loaded the widget, and what it asks for. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseHTML } from 'linkedom';
import { scriptOf, settingsOfScript } from '../src/script.ts';

const module = 'https://chat.example.com/widget.js';
const pageOf = (tags: string): Document => parseHTML(`<html><head>${tags}</head></html>`).document;

test('the tag is found by the address of the module, or of the classic loader', () => {
  for (const address of [module, `${module}?v=2`, 'https://chat.example.com/widget.iife.js']) {
    const page = pageOf(
      `<script src="/other.js"></script><script src="${address}" data-token-endpoint="/t"></script>`,
    );
    assert.equal(scriptOf(module, page)?.dataset.tokenEndpoint, '/t', address);
  }
  assert.equal(scriptOf(module, pageOf('<script src="https://shop.example/widget.js"></script>')), undefined);
});

test('it asks for a floating chat only with something to get tokens from', () => {
  const settingsOf = (attributes: string) => {
    const script = scriptOf(module, pageOf(`<script src="${module}" ${attributes}></script>`));
    return script && settingsOfScript(script);
  };
  assert.equal(settingsOf(''), undefined);
  assert.deepEqual(
    settingsOf('data-token-endpoint="/t" data-color-scheme="dark" data-send-key="mod-enter"'),
    {
      'token-endpoint': '/t',
      'color-scheme': 'dark',
      'send-key': 'mod-enter',
    },
  );
});
