/** What is said to screen readers, and when. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Announcer, type Clock, createAnnouncer, gapMs } from '../../src/announcer/announcer.ts';
import { createNarrator, maxSpoken } from '../../src/announcer/narrator.ts';
import { beginningOf, sentencesOf } from '../../src/announcer/sentences.ts';
import { plainText } from '../../src/markdown/plain-text.ts';
import { en } from '../../src/strings/en.ts';

/** A clock that stands until it is told to go on. */
function handClock(): Clock & { go(ms: number): void } {
  let now = 0;
  let timers: { readonly at: number; readonly run: () => void }[] = [];
  return {
    after(ms, run) {
      const timer = { at: now + ms, run };
      timers.push(timer);
      return () => {
        timers = timers.filter((one) => one !== timer);
      };
    },
    go(ms) {
      now += ms;
      for (const timer of timers.filter(({ at }) => at <= now)) {
        timers = timers.filter((one) => one !== timer);
        timer.run();
      }
    },
  };
}

test('one thing after the other, at least the gap apart', () => {
  const clock = handClock();
  const announcer = createAnnouncer(clock);
  const heard: string[] = [];
  announcer.subscribe(() => heard.push(announcer.spoken.polite));
  announcer.say('one');
  announcer.say('two');
  assert.deepEqual(heard, ['one']);
  clock.go(gapMs - 1);
  assert.deepEqual(heard, ['one']);
  clock.go(1);
  assert.deepEqual(heard, ['one', 'two']);
});

test('the same text again is a change, and nothing is said for nothing', () => {
  const clock = handClock();
  const announcer = createAnnouncer(clock);
  announcer.say('Copied');
  clock.go(gapMs);
  const first = announcer.spoken.polite;
  announcer.say('Copied');
  assert.notEqual(announcer.spoken.polite, first);
  assert.equal(announcer.spoken.polite.trim(), 'Copied');
  clock.go(gapMs);
  announcer.say('  ');
  assert.equal(announcer.spoken.polite.trim(), 'Copied');
});

test('an alert goes before all that waits, in its own region', () => {
  const clock = handClock();
  const announcer = createAnnouncer(clock);
  for (const text of ['one', 'two', 'three']) announcer.say(text);
  announcer.alert('lost');
  clock.go(gapMs);
  assert.deepEqual(announcer.spoken, { polite: 'one', assertive: 'lost' });
  announcer.clear();
  clock.go(gapMs);
  assert.equal(announcer.spoken.polite, 'one');
});

/** An announcer that only notes. */
function noted(): Announcer & { readonly all: string[] } {
  const all: string[] = [];
  return {
    all,
    say: (text) => void all.push(text),
    alert: (text) => void all.push(`! ${text}`),
    clear() {},
    spoken: { polite: '', assertive: '' },
    subscribe: () => () => {},
  };
}

test('a finished answer is told as text, without marks, and not without end', () => {
  const announcer = noted();
  const narrator = createNarrator(announcer, en);
  narrator.begin();
  narrator.write('**Hello');
  narrator.end('**Hello** there. See [us](https://example.com).\n\n```js\nx\n```', 'done');
  assert.deepEqual(announcer.all, ['Answering', 'Hello there. See us. Code, js']);
  announcer.all.length = 0;
  narrator.end('A sentence of some length. '.repeat(60), 'done');
  assert.ok(announcer.all[0]?.endsWith(`length. ${en.more}`));
  assert.ok((announcer.all[0]?.length ?? 0) <= maxSpoken + en.more.length + 1);
});

test('an answer that is told as it is written: whole sentences, each once, with time between', () => {
  const announcer = noted();
  let now = 0;
  const narrator = createNarrator(announcer, en, { narration: 'written', now: () => now });
  narrator.begin();
  narrator.write('One is here. Two is');
  narrator.write('One is here. Two is here. Three');
  now += 2000;
  narrator.write('One is here. Two is here. Three');
  narrator.end('One is here. Two is here. Three is here.', 'done');
  assert.deepEqual(announcer.all, ['Answering', 'One is here.', 'Two is here.', 'Three is here.']);
});

test('how an answer ended is told', () => {
  const announcer = noted();
  const narrator = createNarrator(announcer, en, { narration: 'done' });
  narrator.end('text', 'done');
  narrator.end('text', 'stopped');
  narrator.end('text', { trouble: 'Something went wrong.' });
  assert.deepEqual(announcer.all, ['Answer finished', 'Stopped', '! Something went wrong.']);
});

test('sentences of languages without blanks, and beginnings that cut no sign', () => {
  assert.deepEqual(sentencesOf('これは一つ。これは二つ。', 'ja'), ['これは一つ。', 'これは二つ。']);
  assert.deepEqual(beginningOf('😀'.repeat(10), 'en', 5), { text: '😀😀', isWhole: false });
});

test('lists, tables and images are read as text', () => {
  const words = { code: en.code, table: en.tableOf };
  const text = plainText(
    '# T\n\n- [x] a\n- b &amp; c\n\n|x|\n|-|\n|1|\n\n![cat](https://example.com/c.png) <i>i</i>',
    words,
  );
  assert.equal(text, 'T\na\nb & c\nTable with 1 row\ncat <i>i</i>');
});
