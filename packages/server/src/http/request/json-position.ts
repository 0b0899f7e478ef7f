/** Finds where a text stops being JSON (RFC 8259), for the error message; V8 reports the position only sometimes. */

export interface JsonError {
  /** Counted from 1. */
  readonly line: number;
  /** Counted from 1, in code points. */
  readonly column: number;
  readonly message: string;
}

/** Where the text breaks the grammar. Call it only with a text that `JSON.parse` has refused. */
export function findJsonError(text: string): JsonError {
  const { offset, message } = scan(text);
  return { ...placeOf(text, offset), message };
}

/** CR LF, CR and LF end a line. Nothing is built on the way: a hostile body has a million lines, or one of a mebibyte. */
function placeOf(text: string, offset: number): Pick<JsonError, 'line' | 'column'> {
  let [line, column] = [1, 1];
  for (let at = 0; at < offset; at += 1) {
    const code = text.charCodeAt(at);
    if (code === lineFeed || code === carriageReturn) {
      if (code === carriageReturn && at + 1 < offset && text.charCodeAt(at + 1) === lineFeed) at += 1;
      line += 1;
      column = 1;
    } else if (!isLowSurrogate(code) || at === 0 || !isHighSurrogate(text.charCodeAt(at - 1))) column += 1;
  }
  return { line, column };
}

function isHighSurrogate(code: number): boolean {
  return code >= 0xd800 && code <= 0xdbff;
}

function isLowSurrogate(code: number): boolean {
  return code >= 0xdc00 && code <= 0xdfff;
}

interface Fault {
  readonly offset: number;
  readonly message: string;
}

const lineFeed = 10;
const carriageReturn = 13;
const quote = 34;
const backslash = 92;
const escapeToken = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y;
const numberToken = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const wordToken = /true|false|null/y;

type Expected =
  | 'value'
  | 'value or ]'
  | 'property name'
  | 'property name or }'
  | ':'
  | ', or }'
  | ', or ]'
  | 'end';

const says: Readonly<Record<Expected, string>> = {
  value: 'expected a value',
  'value or ]': 'expected a value or "]"',
  'property name': 'expected a property name in double quotes',
  'property name or }': 'expected a property name in double quotes, or "}"',
  ':': 'expected ":" after the property name',
  ', or }': 'expected "," or "}" after the value',
  ', or ]': 'expected "," or "]" after the value',
  end: 'expected nothing more after the value',
};

/** A pushdown automaton without recursion, so that deep nesting cannot exhaust the stack. */
function scan(text: string): Fault {
  const open: ('{' | '[')[] = [];
  let offset = 0;
  let expected: Expected = 'value';

  const take = (token: RegExp): string => {
    token.lastIndex = offset;
    const found = token.exec(text)?.[0] ?? '';
    offset += found.length;
    return found;
  };
  const afterValue = (): Expected => {
    const inside = open.at(-1);
    return inside === undefined ? 'end' : inside === '{' ? ', or }' : ', or ]';
  };
  const skipBlanks = (): void => {
    for (; offset < text.length; offset += 1) {
      const code = text.charCodeAt(offset);
      if (code !== 32 && code !== 9 && code !== lineFeed && code !== carriageReturn) return;
    }
  };
  const takeString = (): Fault | undefined => {
    for (offset += 1; offset < text.length; offset += 1) {
      const code = text.charCodeAt(offset);
      if (code === quote) {
        offset += 1;
        return undefined;
      }
      if (code < 0x20) {
        return { offset, message: 'a line break or control character must be escaped inside a string' };
      }
      if (code !== backslash) continue;
      const escaped = take(escapeToken);
      if (escaped === '') return { offset, message: 'this is no escape that JSON knows' };
      offset -= 1;
    }
    return { offset, message: 'the text ends inside a string' };
  };

  for (;;) {
    skipBlanks();
    const character = text[offset];
    if (character === undefined) return { offset, message: `${says[expected]}, but the text ends` };
    switch (expected) {
      case 'value':
      case 'value or ]':
        if (character === ']' && expected === 'value or ]') {
          offset += 1;
          open.pop();
          expected = afterValue();
        } else if (character === '{' || character === '[') {
          offset += 1;
          open.push(character);
          expected = character === '{' ? 'property name or }' : 'value or ]';
        } else if (character === '"') {
          const broken = takeString();
          if (broken !== undefined) return broken;
          expected = afterValue();
        } else if (take(numberToken) !== '' || take(wordToken) !== '') expected = afterValue();
        else return { offset, message: says[expected] };
        break;
      case 'property name':
      case 'property name or }':
        if (character === '}' && expected === 'property name or }') {
          offset += 1;
          open.pop();
          expected = afterValue();
        } else if (character === '"') {
          const broken = takeString();
          if (broken !== undefined) return broken;
          expected = ':';
        } else return { offset, message: says[expected] };
        break;
      case ':':
        if (character !== ':') return { offset, message: says[expected] };
        offset += 1;
        expected = 'value';
        break;
      case ', or }':
      case ', or ]':
        if (character === ',') expected = expected === ', or }' ? 'property name' : 'value';
        else if (character === (expected === ', or }' ? '}' : ']')) {
          open.pop();
          expected = afterValue();
        } else return { offset, message: says[expected] };
        offset += 1;
        break;
      case 'end':
        return { offset, message: says[expected] };
    }
  }
}
