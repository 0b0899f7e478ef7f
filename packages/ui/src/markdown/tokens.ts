/** What a Markdown text consists of. */

export type Token = BlockToken | InlineToken;

/** Every block has the source that it was read from; together they are the text. */
export type BlockToken = { readonly raw: string } & (
  | { readonly type: 'space' | 'def' | 'hr' }
  | Heading
  | Code
  | Table
  | List
  | { readonly type: 'html'; readonly text: string }
  /** `text`: a paragraph of a list without blank lines. */
  | { readonly type: 'paragraph' | 'text'; readonly text: string; readonly tokens: readonly InlineToken[] }
  | { readonly type: 'blockquote'; readonly tokens: readonly BlockToken[] }
);

export type InlineToken =
  | { readonly type: 'br' }
  | { readonly type: 'checkbox'; readonly checked: boolean }
  /** `text` may hold entities; an escaped character and code hold none. */
  | {
      readonly type: 'text' | 'escape' | 'codespan' | 'html';
      readonly text: string;
      readonly tokens?: undefined;
    }
  | { readonly type: 'strong' | 'em' | 'del'; readonly tokens: readonly InlineToken[] }
  | Link
  | { readonly type: 'image'; readonly href: string; readonly text: string };

export interface Heading {
  readonly type: 'heading';
  /** 1 to 6. */
  readonly depth: number;
  readonly tokens: readonly InlineToken[];
}

export interface Code {
  readonly type: 'code';
  readonly text: string;
  /** All that stands behind the fence. */
  readonly lang: string | undefined;
}

export interface Cell {
  readonly align: 'left' | 'right' | 'center' | null;
  readonly tokens: readonly InlineToken[];
}

export interface Table {
  readonly type: 'table';
  readonly header: readonly Cell[];
  /** As many cells as the header has. */
  readonly rows: readonly (readonly Cell[])[];
}

export interface List {
  readonly type: 'list';
  readonly ordered: boolean;
  /** The first number. */
  readonly start: number | undefined;
  readonly items: readonly { readonly task: boolean; readonly tokens: readonly Token[] }[];
}

export interface Link {
  readonly type: 'link';
  readonly href: string;
  /** Its label as it is written. */
  readonly text: string;
  readonly tokens: readonly InlineToken[];
  /** Whether the address itself is the label: there are no entities in it. */
  readonly autolink: boolean;
}

/** Where references lead, by label as `labelOf` gives it. */
export type References = Record<string, string>;

/** Labels that differ in case and blanks alone mean the same. */
export const labelOf = (label: string): string => label.trim().replace(/\s+/g, ' ').toLowerCase();
