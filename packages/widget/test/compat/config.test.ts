/** Configurations of ConverZen's widget. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { attributesOf } from '../../src/compat/config.ts';

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
    onLoadMessages: () => [],
    persona: { persona_id: 3 },
    style: { position: 'middle', dialogSize: 'constructor' },
    ...{ nonsense: 1 },
  });
  assert.deepEqual(attributes, {});
  assert.deepEqual(notes.map((note) => note.split(' ')[0]).sort(), [
    'endUserLicensing',
    'nonsense',
    'onLoadMessages',
    'persona',
    'publicId',
    'style.dialogSize',
    'style.position',
  ]);
});
