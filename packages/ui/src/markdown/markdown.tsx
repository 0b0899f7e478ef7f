/** Markdown as elements. No text of an answer is ever taken as HTML, so there is nothing to sanitize. */
import type { MarkedToken, Token, Tokens } from 'marked';
import { type ComponentChildren, Fragment, type JSX, type VNode } from 'preact';
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { CopyButton } from '../controls/copy-button.tsx';
import { useFrameValue } from '../frame.ts';
import { useStrings } from '../strings/context.tsx';
import type { Strings } from '../strings/strings.ts';
import { type Block, createBlockReader } from './blocks.ts';
import { splitCitations } from './citations.ts';
import { decodeEntities } from './entities.ts';
import { safeLink, saysPlace } from './links.ts';
import css from './markdown.module.css';
import { languageOf } from './plain-text.ts';

/** A page that an answer draws on. */
export interface CitedSource {
  /** As it is cited: `[1]`. */
  readonly index: number;
  readonly title: string;
  readonly url: string;
}

export interface MarkdownProps {
  readonly text: string;
  /** Whether more of the text will come. Default false. */
  readonly isWriting?: boolean;
  /** Where `[1]` leads. */
  readonly sources?: readonly CitedSource[];
  /** Default `_blank`. */
  readonly linkTarget?: string;
  /** The colours of a finished block of code; absent or undefined: none. */
  readonly highlight?: (code: string, language: string | undefined) => ComponentChildren;
}

interface Rendering {
  readonly strings: Strings;
  readonly sources: readonly CitedSource[];
  readonly linkTarget: string;
  readonly highlight: MarkdownProps['highlight'];
  /** The depths of the headings that there are, in order. */
  readonly depths: readonly number[];
}

const noSources: readonly CitedSource[] = [];

export function Markdown({
  text,
  isWriting = false,
  sources = noSources,
  linkTarget = '_blank',
  highlight,
}: MarkdownProps): JSX.Element {
  const strings = useStrings();
  const shown = useFrameValue(text, isWriting);
  const reader = useRef<ReturnType<typeof createBlockReader> | undefined>(undefined);
  reader.current ??= createBlockReader();
  const blocks = reader.current.read(shown, !isWriting);
  const open = isWriting ? blocks.at(-1) : undefined;
  const depths = depthsOf(blocks);
  const drawn = useMemo(createDrawn, [strings, sources, linkTarget, highlight, depths.join()]);
  const rendering: Rendering = { strings, sources, linkTarget, highlight, depths };
  // A text that is long from the start is laid out whole once, so that its height is known.
  const [isLaidOut, setLaidOut] = useState(false);
  useEffect(() => setLaidOut(true), []);
  return (
    <div class={`${css.markdown} ${isWriting && isLaidOut ? css.writing : ''}`} part="text" dir="auto">
      {partsOf(blocks).map((part, index) => drawn.part(part, index, rendering, open))}
    </div>
  );
}

/** Blocks of a part: what changes in a long text is compared and laid out a part at a time, not as a whole. */
const partLength = 16;

function partsOf(blocks: readonly Block[]): readonly (readonly Block[])[] {
  const count = Math.ceil(blocks.length / partLength);
  return Array.from({ length: count }, (_, index) =>
    blocks.slice(index * partLength, (index + 1) * partLength),
  );
}

interface DrawnPart {
  readonly of: readonly Block[];
  /** Its last block, if more of that may come. */
  readonly open: Block | undefined;
  readonly vnode: VNode;
}

/** Keeps what is drawn: as long as it is the same object, Preact does not look into it. */
function createDrawn() {
  const blocks = new WeakMap<Block, VNode>();
  const parts: DrawnPart[] = [];

  function block(one: Block, index: number, rendering: Rendering): VNode {
    const known = blocks.get(one);
    if (known !== undefined) return known;
    const made = drawBlock(one, index, rendering);
    blocks.set(one, made);
    return made;
  }

  return {
    part(of: readonly Block[], index: number, rendering: Rendering, open: Block | undefined): VNode {
      const known = parts[index];
      const openHere = of.at(-1) === open ? open : undefined;
      if (known !== undefined && known.open === openHere && isSame(known.of, of)) return known.vnode;
      const vnode = (
        <div key={index} class={css.part}>
          {of.map((one, place) =>
            one === openHere
              ? drawBlock(one, place, { ...rendering, highlight: undefined })
              : block(one, place, rendering),
          )}
        </div>
      );
      parts[index] = { of, open: openHere, vnode };
      return vnode;
    },
  };
}

const isSame = (before: readonly Block[], now: readonly Block[]): boolean =>
  before.length === now.length && now.every((block, index) => block === before[index]);

function drawBlock(block: Block, index: number, rendering: Rendering): VNode {
  return <Fragment key={index}>{draw(block.token, rendering)}</Fragment>;
}

function drawAll(tokens: readonly Token[] | undefined, rendering: Rendering): ComponentChildren {
  return tokens?.map((token) => draw(token, rendering));
}

function draw(given: Token, rendering: Rendering): ComponentChildren {
  const token = given as MarkedToken;
  const { strings } = rendering;
  switch (token.type) {
    case 'space':
    case 'def':
      return null;
    case 'hr':
      return <hr />;
    case 'br':
      return <br />;
    case 'heading':
      return drawHeading(token, rendering);
    case 'paragraph':
      return <p>{drawAll(token.tokens, rendering)}</p>;
    case 'blockquote':
      return <blockquote>{drawAll(token.tokens, rendering)}</blockquote>;
    case 'list':
      return drawList(token, rendering);
    case 'list_item':
      return <li>{drawAll(token.tokens, rendering)}</li>;
    case 'checkbox':
      return (
        <input type="checkbox" checked={token.checked} disabled aria-label={token.checked ? '✓' : '–'} />
      );
    case 'code':
      return drawCode(token, rendering);
    case 'table':
      return drawTable(token, rendering);
    case 'html':
      return /^<br\s*\/?>$/i.test(token.text.trim()) ? <br /> : token.text;
    case 'strong':
      return <strong>{drawAll(token.tokens, rendering)}</strong>;
    case 'em':
      return <em>{drawAll(token.tokens, rendering)}</em>;
    case 'del':
      return <del>{drawAll(token.tokens, rendering)}</del>;
    case 'codespan':
      return <code>{token.text}</code>;
    case 'escape':
      return token.text;
    case 'text':
      return token.tokens === undefined ? drawText(token.text, rendering) : drawAll(token.tokens, rendering);
    case 'link':
      return drawLink(
        token.autolink === true ? token.href : decodeEntities(token.href),
        token.tokens,
        token.text,
        rendering,
      );
    case 'image': {
      // Loading it would tell its server what the answer says.
      const name = strings.image(decodeEntities(token.text));
      return drawLink(decodeEntities(token.href), name, name, rendering);
    }
    default:
      return (given as Tokens.Generic).raw;
  }
}

/** A message's own heading is of level 3; those below it leave none out, whatever the answer begins with. */
function drawHeading({ depth, tokens }: Tokens.Heading, rendering: Rendering): VNode {
  const inner = drawAll(tokens, rendering);
  const level = rendering.depths.indexOf(depth);
  if (level <= 0) return <h4>{inner}</h4>;
  return level === 1 ? <h5>{inner}</h5> : <h6>{inner}</h6>;
}

function depthsOf(blocks: readonly Block[]): readonly number[] {
  const depths = blocks.flatMap(({ token }) =>
    token.type === 'heading' ? [(token as Tokens.Heading).depth] : [],
  );
  return [...new Set(depths)].sort();
}

function drawList({ ordered, start, items }: Tokens.List, rendering: Rendering): VNode {
  const drawn = items.map((item) => (
    <li class={item.task ? css.task : undefined}>{drawAll(item.tokens, rendering)}</li>
  ));
  if (!ordered) return <ul>{drawn}</ul>;
  return <ol start={typeof start === 'number' && start !== 1 ? start : undefined}>{drawn}</ol>;
}

function drawCode({ lang, text }: Tokens.Code, { strings, highlight }: Rendering): VNode {
  const language = languageOf(lang);
  return (
    <figure class={css.code} part="code">
      <figcaption>
        <span>{language}</span>
        <CopyButton text={text} />
      </figcaption>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, so it must be reachable by keyboard. */}
      {/* biome-ignore lint/a11y/useSemanticElements: it has a name and is no form. */}
      <pre tabIndex={0} role="group" aria-label={strings.code(language)} dir="ltr">
        <code>{highlight?.(text, language) ?? text}</code>
      </pre>
    </figure>
  );
}

function drawTable({ header, rows }: Tokens.Table, rendering: Rendering): VNode {
  const align = (cell: Tokens.TableCell): string | undefined =>
    cell.align === null ? undefined : css[cell.align];
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, so it must be reachable by keyboard.
    // biome-ignore lint/a11y/useSemanticElements: it has a name and is no form.
    <div class={css.table} tabIndex={0} role="group" aria-label={rendering.strings.table}>
      <table>
        <thead>
          <tr>
            {header.map((cell) => (
              <th scope="col" class={align(cell)}>
                {drawAll(cell.tokens, rendering)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr>
              {row.map((cell) => (
                <td class={align(cell)}>{drawAll(cell.tokens, rendering)}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function drawText(text: string, rendering: Rendering): ComponentChildren {
  const { sources, linkTarget } = rendering;
  if (sources.length === 0 || !text.includes('[')) return decodeEntities(text);
  return splitCitations(text, sources).map((piece) => {
    if (typeof piece === 'string') return decodeEntities(piece);
    const link = safeLink(piece.url);
    if (link === undefined) return `[${piece.index}]`;
    return (
      <a
        class={css.citation}
        part="source"
        href={link.href}
        target={linkTarget}
        rel="noopener noreferrer nofollow"
        title={`${piece.title} · ${link.place}`}
        aria-label={`${piece.index}: ${piece.title}, ${link.place}`}
      >
        {piece.index}
      </a>
    );
  });
}

function drawLink(
  address: string,
  label: string | readonly Token[],
  labelText: string,
  rendering: Rendering,
): ComponentChildren {
  const inner = typeof label === 'string' ? label : drawAll(label, rendering);
  const link = safeLink(address);
  if (link === undefined) return inner;
  return (
    <>
      <a href={link.href} target={rendering.linkTarget} rel="noopener noreferrer nofollow">
        {inner}
      </a>
      {!saysPlace(decodeEntities(labelText), link) && <span class={css.place}> ({link.place})</span>}
    </>
  );
}
