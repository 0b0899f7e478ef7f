/** Hostile files in a real process: each is read within its bounds or refused, and the file behind it is read. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { createExtractionPool } from '../../../src/research/extraction/extraction-pool.ts';

const losses: string[] = [];
const pool = createExtractionPool({
  maxProcesses: 1,
  timeoutMs: 60_000,
  onLost: ({ cause, reason }) => void losses.push(`${cause}: ${reason}`),
});
after(() => pool[Symbol.asyncDispose]());

const { signal } = new AbortController();
const size = 2 * 1024 * 1024;
const fill = (piece: string) => piece.repeat(Math.ceil(size / piece.length)).slice(0, size);

const read = (format: 'html' | 'text' | 'pdf', content: string | Buffer) =>
  pool.run(
    {
      kind: 'page',
      job: {
        format,
        bytes: new Uint8Array(Buffer.from(content)),
        contentType: 'text/html',
        maxLength: 60_000,
      },
    },
    { signal },
  );

const pages: Readonly<Record<string, string>> = {
  '>': fill('>'),
  '&': fill('&'),
  '<': fill('<'),
  '<a': fill('<a '),
  'unclosed elements': '<div>'.repeat(400_000),
  paragraphs: '<p>'.repeat(500_000),
  'one attribute': `<p title="${fill('x')}">words</p>`,
  'many attributes': `<p ${Array.from({ length: 200_000 }, (_, n) => `a${n}=1`).join(' ')}>words</p>`,
  entities: '&amp;'.repeat(400_000),
  comment: `words<!--${fill('x')}`,
  selectors: `<style>${fill('.a,')}</style><p>words</p>`,
  rules: `<style>${fill('.a{')}</style><p>words</p>`,
  tables: '<table><tr><td>'.repeat(130_000),
  svg: '<svg><g>'.repeat(200_000),
  'cdata and instructions': fill('<![CDATA[x]]><?x?>'),
  'text between comments': fill('a<!---->'),
  'styles of elements': '<p style="display:none">x</p>'.repeat(70_000),
};

for (const [name, content] of Object.entries(pages)) {
  test(`a page of ${name} ends no process, and what stands before it is read`, async () => {
    const before = losses.length;
    const { text } = await read('html', `<html><body><h1>The first words</h1>${content}`);
    assert.match(text, /^The first words/);
    assert.deepEqual(losses.slice(before), []);
  });
}
