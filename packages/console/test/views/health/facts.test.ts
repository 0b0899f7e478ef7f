/** What of the health needs attention, and what helpers are told. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { supportBundle, troublesOf } from '../../../src/views/health/facts.ts';
import type { Health } from '../../../src/views/health/types.ts';

const good: Health = {
  version: '1',
  uptime_seconds: 60,
  store: { engine: 'sqlite', answers: true, schema: '0026', bytes: 1, connections: null },
  bus: null,
  replicas: [],
  streams: { open: 0, viewers: 0 },
  generations: { running: 0, queued: 0 },
  background_jobs: { running: 0, waiting: 0 },
  commits: { count: 1, p50_ms: 1, p99_ms: 2 },
  journal: { rows: 0, bytes: 0 },
  providers: [
    {
      provider: 'openai',
      answered: 1,
      failed: 1,
      errors: { 401: 1 },
      first_token_ms: { p50: 100, p95: 200 },
      duration_ms: { p50: 100, p95: 200 },
      last_error: { at: '2026-11-27T20:00:00.000Z', status: 401, message: 'no account ada@example.com' },
    },
  ],
  local_model: { name: 'tiny', state: 'ready', percent: 100, problem: null, bytes: 5 },
  last_backup: null,
  disk: { free_bytes: 50, total_bytes: 100 },
  load: { level: 'normal', loop_delay_ms: 1, memory_percent: 2 },
  memory: { resident_bytes: 1, heap_bytes: 1 },
};

test('where all is well, nothing needs attention', () => assert.deepEqual(troublesOf(good), []));

test('a local model that failed needs attention; one that is off does not', () => {
  const local = { name: 'tiny', percent: 0, problem: 'the disk is full', bytes: null };
  assert.equal(troublesOf({ ...good, local_model: { ...local, state: 'failed' } }).length, 1);
  assert.deepEqual(troublesOf({ ...good, local_model: { ...local, state: 'off' } }), []);
  assert.deepEqual(troublesOf({ ...good, local_model: null }), []);
});

test('helpers are told when and how a provider failed, and not in which words', () => {
  const failed = {
    name: '/home/ada/tiny',
    state: 'failed',
    percent: 0,
    problem: 'no /home/ada',
    bytes: null,
  } as const;
  const text = supportBundle({ ...good, local_model: failed }, [], 'Chromium', new Date(0));
  const bundle = JSON.parse(text);
  assert.deepEqual(bundle.providers[0].last_error, { at: '2026-11-27T20:00:00.000Z', status: 401 });
  assert.deepEqual(bundle.local_model, { state: 'failed', percent: 0, bytes: null });
  assert.doesNotMatch(text, /ada/);
});
