/**
 * The blocks of a Markdown text that grows. What is finished keeps its identity: of a text that has been appended to, only
 * the last two blocks are lexed again, so that the work of an answer grows with its length and not with its square.
 */
import { Lexer, type Token } from 'marked';

export interface Block {
  /** The block's source, with the blank lines behind it. */
  readonly raw: string;
  readonly token: Token;
}

export interface BlockReader {
  /**
   * The blocks of `text`. A block that says the same at the same place is the same object as before.
   * @param isWhole nothing will be appended: everything is lexed once more, as a text that was never a part
   */
  read(text: string, isWhole: boolean): readonly Block[];
}

/** Blocks at the end of a growing text that what follows may change: the open one, and one that it may turn out to belong to. */
const openBlocks = 2;

type Links = Lexer['tokens']['links'];

export function createBlockReader(): BlockReader {
  let source = '';
  let blocks: readonly Block[] = [];
  let links: Links = {};
  let wasWhole = false;

  function lexFrom(kept: readonly Block[], rest: string): readonly Block[] {
    const lexer = new Lexer({ gfm: true });
    // References of the part that is kept count in the rest too.
    const known = kept.length === 0 ? 0 : Object.keys(Object.assign(lexer.tokens.links, links)).length;
    const lexed = toBlocks(lexer.lex(rest));
    const found = lexer.tokens.links;
    const hasNew = kept.length > 0 && Object.keys(found).length > known;
    links = { ...found };
    // A reference that is defined late may be used anywhere before it.
    return hasNew ? lexFrom([], source) : [...kept, ...lexed];
  }

  return {
    read(text, isWhole) {
      const next = text.includes('\r') ? text.replace(/\r\n?/g, '\n') : text;
      if (next === source && (wasWhole || !isWhole)) return blocks;
      const grows = !isWhole && next.startsWith(source);
      source = next;
      wasWhole = isWhole;
      const kept = grows ? blocks.slice(0, Math.max(0, blocks.length - openBlocks)) : [];
      const start = kept.map(({ raw }) => raw).join('');
      // The lexer trims some blanks inside of lists: then its blocks don't tell where the rest begins.
      const isExact = next.startsWith(start);
      blocks = reuse(blocks, isExact ? lexFrom(kept, next.slice(start.length)) : lexFrom([], next));
      return blocks;
    },
  };
}

/** Blank lines belong to the block before them. */
function toBlocks(tokens: readonly Token[]): readonly Block[] {
  const blocks: { raw: string; token: Token }[] = [];
  for (const token of tokens) {
    const last = blocks.at(-1);
    if (token.type === 'space' && last !== undefined) last.raw += token.raw;
    else blocks.push({ raw: token.raw, token });
  }
  return blocks;
}

/** Blocks that were there before stay the same objects. What a reference leads to shows in the tokens alone, so they are compared. */
function reuse(before: readonly Block[], now: readonly Block[]): readonly Block[] {
  return now.map((block, index) => {
    const old = before[index];
    const isSame =
      old !== undefined &&
      (old === block || (old.raw === block.raw && JSON.stringify(old.token) === JSON.stringify(block.token)));
    return isSame ? old : block;
  });
}
