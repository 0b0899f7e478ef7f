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
  const before = text.slice(0, offset);
  const lines = before.split(/\r\n|\r|\n/);
  return { line: lines.length, column: [...(lines.at(-1) ?? '')].length + 1, message };
}

interface Fault {
  readonly offset: number;
  readonly message: string;
}

const blanks = /[ \t\n\r]*/y;
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
  const takeString = (): Fault | undefined => {
    for (offset += 1; offset < text.length; offset += 1) {
      const character = text[offset];
      if (character === '"') {
        offset += 1;
        return undefined;
      }
      if (text.charCodeAt(offset) < 0x20) {
        return { offset, message: 'a line break or control character must be escaped inside a string' };
      }
      if (character !== '\\') continue;
      const escaped = take(escapeToken);
      if (escaped === '') return { offset, message: 'this is no escape that JSON knows' };
      offset -= 1;
    }
    return { offset, message: 'the text ends inside a string' };
  };

  for (;;) {
    take(blanks);
    const character = text[offset];
    if (character === undefined) return { offset, message: `${says[expected]}, but the text ends` };
    const fault: Fault = { offset, message: says[expected] };
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
        else return fault;
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
        } else return fault;
        break;
      case ':':
        if (character !== ':') return fault;
        offset += 1;
        expected = 'value';
        break;
      case ', or }':
      case ', or ]':
        if (character === ',') expected = expected === ', or }' ? 'property name' : 'value';
        else if (character === (expected === ', or }' ? '}' : ']')) {
          open.pop();
          expected = afterValue();
        } else return fault;
        offset += 1;
        break;
      case 'end':
        return fault;
    }
  }
}
