/** Configurations of ConverZen's widget. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { attributesOf, type ConverzenConfig } from '../../src/compat/config.ts';

test('a whole configuration has its counterparts', () => {
  const { attributes, properties, notes } = attributesOf({
    chatUrl: 'https://chat.example.com',
    persona: { alias: 'support', version_tag: 'active' },
    headerMsg: 'Support',
    subheaderMsg: 'We are here',
    initialGreeting: 'Hello!',
    promptPlaceholder: 'Ask',
    style: {
      position: 'top-left',
      dialogSize: { width: 500, height: '70vh' },
      frameColor: '#ccc',
      buttonColor: 'teal',
    },
    darkMode: true,
    enableMarkdown: false,
    autoOpen: true,
    persistMessages: false,
  });
  assert.deepEqual(attributes, {
    server: 'https://chat.example.com',
    persona: 'support',
    heading: 'Support',
    footer: 'We are here',
    greeting: 'Hello!',
    placeholder: 'Ask',
    position: 'top-start',
    'color-scheme': 'dark',
    markdown: 'off',
    open: '',
    history: 'session',
  });
  assert.deepEqual(properties, {
    '--colloquy-width': '500px',
    '--colloquy-height': '70vh',
    '--colloquy-line': '#ccc',
    '--colloquy-accent': 'teal',
  });
  assert.deepEqual(notes, []);
});

test('what has none is told with what to do instead', () => {
  const { attributes, notes } = attributesOf({
    publicId: 'x',
    endUserLicensing: {},
    icons: { launcher: '<svg/>', send: '<svg/>' },
    persona: { persona_id: 3 },
    style: { position: 'middle', dialogSize: 'constructor' },
    ...{ nonsense: 1 },
  });
  assert.deepEqual(attributes, {});
  assert.deepEqual(notes.map((note) => note.split(' ')[0]).sort(), [
    'endUserLicensing',
    'icons.send',
    'nonsense',
    'persona',
    'publicId',
    'style.dialogSize',
    'style.position',
  ]);
});

test('callbacks and keys that need no counterpart are no trouble', () => {
  const { attributes, notes } = attributesOf({
    historyKey: 'shop',
    onSaveMessages: () => undefined,
    onLoadMessages: () => [],
    getToken: () => 'token',
    extraContext: { page: 'home' },
    icons: { launcher: '<svg/>' },
  });
  assert.deepEqual([attributes, notes], [{}, []]);
});

test('a place by distances, a colour by states, and a key', () => {
  const { attributes, properties, notes } = attributesOf({
    apiKey: 'sk_test_1',
    persona: 'support',
    darkMode: false,
    enableMarkdown: true,
    persistMessages: true,
    style: {
      position: { top: '24px', left: '24px' },
      dialogSize: 'large',
      buttonColor: { normal: '#123456', ...{ hover: 'red' } },
    },
  });
  assert.deepEqual(attributes, {
    'api-key': 'sk_test_1',
    persona: 'support',
    position: 'top-start',
    offset: '24px',
    'color-scheme': 'light',
  });
  assert.deepEqual(properties, {
    '--colloquy-width': '520px',
    '--colloquy-height': '760px',
    '--colloquy-accent': '#123456',
  });
  assert.deepEqual(notes, []);
  const { attributes: others } = attributesOf({ style: { position: { bottom: '10px', right: '30px' } } });
  assert.deepEqual(others, { position: 'end', offset: '10px' });
});

test('what has another type than theirs sets nothing', () => {
  const wrong = {
    chatUrl: 5,
    headerMsg: {},
    style: { buttonColor: { normal: 7 }, dialogSize: { width: {} } },
  };
  const { attributes, properties } = attributesOf(wrong as unknown as ConverzenConfig);
  assert.deepEqual([attributes, properties], [{}, {}]);
});
