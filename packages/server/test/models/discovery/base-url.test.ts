/** Addresses as people write them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { candidatesOf, withoutEndpoint } from '../../../src/models/discovery/base-url.ts';

test('an endpoint at the end is no part of the address', () => {
  const cases: readonly [given: string, address: string][] = [
    ['https://a.example/v1', 'https://a.example/v1'],
    ['https://a.example/v1//', 'https://a.example/v1'],
    ['https://a.example/v1/chat/completions', 'https://a.example/v1'],
    ['https://a.example/v1/chat/completions/', 'https://a.example/v1'],
    ['https://a.example/v1/messages', 'https://a.example/v1'],
    ['https://a.example/v1/messages/count_tokens', 'https://a.example/v1'],
    ['https://a.example/v1/models', 'https://a.example/v1'],
    ['https://a.example/v1beta/models/', 'https://a.example/v1beta'],
    ['https://a.example/v1/responses', 'https://a.example/v1'],
    // Azure's Foundry serves chat completions below `/models`.
    ['https://a.example/models', 'https://a.example/models'],
    ['https://a.example/models/chat/completions', 'https://a.example/models'],
    ['https://a.example/chat', 'https://a.example/chat'],
    [
      'https://r.openai.azure.com/openai/deployments/d/chat/completions',
      'https://r.openai.azure.com/openai/deployments/d',
    ],
  ];
  for (const [given, address] of cases) assert.equal(withoutEndpoint(given), address, given);
});

test('the given address is tried first, and one with a version alone', () => {
  assert.deepEqual(candidatesOf('http://h:8000/v1'), ['http://h:8000/v1']);
  assert.deepEqual(candidatesOf('http://h/api/v3'), ['http://h/api/v3']);
  assert.deepEqual(candidatesOf('http://h:8000'), [
    'http://h:8000',
    'http://h:8000/v1',
    'http://h:8000/api/v1',
    'http://h:8000/openai/v1',
  ]);
  assert.deepEqual(candidatesOf('http://h/llm'), ['http://h/llm', 'http://h/llm/v1']);
  assert.deepEqual(candidatesOf('http://h:11434/api'), [
    'http://h:11434/api',
    'http://h:11434/api/v1',
    'http://h:11434',
    'http://h:11434/v1',
  ]);
});
