/**
 * Measures what people see: the frames of a page that streams an answer as the console shows it, against plain text on
 * the same page, and how long a conversation of 10,000 messages takes to open, against one of 100.
 */
import { openConsolePage, type StreamWay } from './harness/console-run.ts';
import { readOptions } from './harness/options.ts';
import { median, percentile } from './harness/statistics.ts';

const usage = `node bench/console.ts [--quick] [--rounds 3] [--rate 200] [--characters 16000] [--slowness 4]

Chromium, 375 pixels wide, its processor slowed down by --slowness.`;
const { rounds, numbers } = readOptions(usage, {
  rounds: 3,
  numbers: { rate: 200, characters: 16_000, slowness: 4 },
});

const section = `## A part of the answer

Some **words** of a paragraph with \`code\`, a [link](https://example.com/) and *more*, so that there is something to read.

- one thing
- another, with a_b_c in it

| a | b |
|---|---|
| 1 | 2 |

\`\`\`ts
const answer = await colloquy.send('What can you do?');
\`\`\`

`;
const text = section.repeat(Math.ceil(numbers.characters / section.length)).slice(0, numbers.characters);
const pieces = text.match(/[\s\S]{1,4}/g) ?? [];
const ways: readonly StreamWay[] = ['streamPlain', 'streamMarkdown'];
const figures = new Map(
  ways.map((way) => [way, { p95: [] as number[], longTasks: [] as number[], longest: [] as number[] }]),
);
const opened = { small: [] as number[], large: [] as number[] };

await using page = await openConsolePage(numbers.slowness);
const messages = (count: number) => Array.from({ length: count }, (_, index) => `${index}. ${section}`);
const [small, large] = [messages(100), messages(10_000)];
// What the compiler has to see first.
for (const way of ways) await page.stream(way, { pieces: pieces.slice(0, 400), perSecond: numbers.rate });
await page.open(small);
for (let round = 0; round < rounds; round += 1) {
  for (const way of ways) {
    const { frames, longTasks, shown } = await page.stream(way, { pieces, perSecond: numbers.rate });
    if (shown < numbers.characters / 2) throw new Error(`${way} showed ${shown} characters`);
    figures.get(way)?.p95.push(percentile(frames, 0.95));
    figures.get(way)?.longTasks.push(longTasks.length);
    figures.get(way)?.longest.push(Math.max(0, ...longTasks));
  }
  opened.small.push(await page.open(small));
  opened.large.push(await page.open(large));
}

console.log(
  `${text.length} characters at ${numbers.rate} pieces of 4 a second, ${rounds} round(s), processor ÷ ${numbers.slowness}; medians`,
);
const plain = median(figures.get('streamPlain')?.p95 ?? []);
for (const [way, { p95, longTasks, longest }] of figures) {
  console.log(
    `  ${way.padEnd(15)} frames p95 ${median(p95).toFixed(1)} ms (${(median(p95) / plain).toFixed(2)} × plain text), ${median(longTasks)} tasks above 50 ms, longest ${Math.round(median(longest))} ms`,
  );
}
const [few, many] = [median(opened.small), median(opened.large)];
console.log(
  `  100 messages open in ${few.toFixed(0)} ms, 10,000 in ${many.toFixed(0)} ms (${(many / few).toFixed(2)} ×)`,
);
