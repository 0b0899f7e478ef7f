/**
 * Stands in for `marked` in what a page loads at once (`bundle.js`): the lexer comes with the rest of the conversation, when
 * the chat is opened, and no message is shown before it.
 */
import type { Lexer as MarkedLexer } from '@colloquy/ui/lexer';

let provided: typeof MarkedLexer | undefined;

export function provideLexer(lexer: typeof MarkedLexer): void {
  provided = lexer;
}

export class Lexer {
  /** Gives one of `marked`'s. @throws before it is provided */
  constructor(options?: ConstructorParameters<typeof MarkedLexer>[0]) {
    if (provided === undefined) throw new Error('the lexer is used before it is loaded');
    // biome-ignore lint/correctness/noConstructorReturn: those who call it get the real one.
    return new provided(options) as unknown as Lexer;
  }
}
