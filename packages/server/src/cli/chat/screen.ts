/** What `colloquy chat` writes: answers to standard output, what is said about them to standard error. */
import { styleText } from 'node:util';
import { printableText } from '../terminal/table.ts';

/** A piece of an answer, without what a terminal obeys. */
export function writeAnswer(text: string): void {
  process.stdout.write(printableText(text));
}

/** A line about the conversation; dim where the terminal has colours and NO_COLOR is not set. */
export function writeNotice(text: string): void {
  process.stderr.write(`${styleText('dim', text, { stream: process.stderr })}\n`);
}
