/** How a line of the log looks at a terminal. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pino } from 'pino';
import { prettyLine } from '../src/pretty-log.ts';

/** What pino writes for one call, made readable. */
function written(write: (log: pino.Logger) => void, hasColours = false): string {
  let shown = '';
  const destination = { write: (line: string) => (shown += prettyLine(line, { hasColours })) };
  write(pino({ base: null, level: 'trace' }, destination));
  return shown;
}

test('time, level, message and fields stand in one line', () => {
  const line = written((log) =>
    log.warn({ model: 'gpt-5', ms: 12, key: null, reason: 'two words' }, 'it ended'),
  );
  assert.match(line, /^\d\d:\d\d:\d\d\.\d{3} warn {2}it ended model=gpt-5 ms=12 reason="two words"\n$/);
});

test('the stack of an error stands below, with its cause', () => {
  const error = new Error('outer', { cause: new Error('inner') });
  const lines = written((log) => log.error({ err: error }, 'failed')).split('\n');
  assert.match(lines[0] ?? '', / error failed$/);
  assert.match(lines[1] ?? '', /^ {4}Error: outer/);
  assert.ok(lines.some((line) => /caused by: Error: inner/.test(line)));
});

test('words of strangers cannot control the terminal', () => {
  const line = written((log) =>
    log.warn({ reason: '\u001b[2Ja\u009b31mb\u202ec\r\nd', '\u001b[1m': 1 }, 'x\u001b]0;title\u0007'),
  );
  assert.doesNotMatch(line.replace(/\n$/, ''), /[\p{Cc}\p{Cf}]/u);
  assert.match(line, /a.*b.*c.*d/);
});

test('colours come only where they are shown', () => {
  const write = (log: pino.Logger): void => log.info('hello');
  assert.ok(written(write, true).includes('\u001b[32minfo'));
  assert.ok(!written(write, false).includes('\u001b'));
});

test('what is no entry stays as it is', () => {
  assert.equal(prettyLine('plain text\n', { hasColours: false }), 'plain text\n');
});
