/** What a site sets: attributes of the element, told with the sentence of what is wrong with them. */
import type { SendKey } from '@colloquy/ui';

export type Mode = 'floating' | 'inline' | 'page';
export type HistoryKind = 'server' | 'session' | 'none';
export type Position = 'end' | 'start' | 'top-end' | 'top-start';
export type Scheme = 'auto' | 'light' | 'dark';

export interface Settings {
  /** Absolute, without a slash at its end; undefined: nothing says where it is. */
  readonly server: string | undefined;
  /** Absolute. */
  readonly tokenEndpoint: string | undefined;
  /** A test key, on a page of this machine. */
  readonly apiKey: string | undefined;
  /** The alias of who answers; absent: whom the token names. */
  readonly persona: string | undefined;
  readonly mode: Mode;
  readonly position: Position;
  readonly heading: string | undefined;
  readonly greeting: string | undefined;
  readonly placeholder: string | undefined;
  readonly suggestions: readonly string[] | undefined;
  readonly footer: string | undefined;
  readonly privacyHref: string | undefined;
  readonly signInHref: string | undefined;
  readonly language: string;
  readonly scheme: Scheme;
  readonly history: HistoryKind;
  readonly userKey: string;
  readonly sendKey: SendKey;
  readonly isMarkdown: boolean;
  readonly linkTarget: string;
  /** Sentences for the console of the browser. */
  readonly problems: readonly string[];
}

export const attributeNames = [
  'server',
  'token-endpoint',
  'api-key',
  'persona',
  'mode',
  'open',
  'position',
  'offset',
  'heading',
  'greeting',
  'placeholder',
  'suggestions',
  'footer',
  'privacy-href',
  'signin-href',
  'lang',
  'color-scheme',
  'history',
  'user-key',
  'send-key',
  'markdown',
  'links',
] as const;
export type AttributeName = (typeof attributeNames)[number];

export interface Surroundings {
  /** Where the script came from, if it was from a server. */
  readonly scriptServer: string | undefined;
  /** The page's address. */
  readonly page: string;
  /** The page's language. */
  readonly language: string;
}

/** @param get an attribute's value; null: it is not there */
export function readSettings(
  get: (name: AttributeName) => string | null,
  { scriptServer, page, language }: Surroundings,
): Settings {
  const problems: string[] = [];

  function oneOf<Value extends string>(name: AttributeName, values: readonly Value[]): Value {
    const given = get(name);
    const [first] = values as readonly [Value];
    if (given === null || given === '') return first;
    if (values.includes(given as Value)) return given as Value;
    problems.push(`${name}="${given}" is not known: it may be ${values.join(', ')}`);
    return first;
  }
  function address(name: AttributeName): string | undefined {
    const given = get(name);
    if (given === null || given === '') return undefined;
    if (URL.canParse(given, page)) {
      const url = new URL(given, page);
      if (url.protocol === 'https:' || url.protocol === 'http:') return url.href;
    }
    problems.push(`${name}="${given}" is not an address of http or https`);
    return undefined;
  }
  const text = (name: AttributeName): string | undefined => get(name) ?? undefined;

  const apiKey = usableKey(text('api-key'), page, problems);
  return {
    server: (address('server') ?? scriptServer)?.replace(/\/+$/, ''),
    tokenEndpoint: address('token-endpoint'),
    apiKey,
    persona: text('persona'),
    mode: oneOf('mode', ['floating', 'inline', 'page']),
    position: oneOf('position', ['end', 'start', 'top-end', 'top-start']),
    heading: text('heading'),
    greeting: text('greeting'),
    placeholder: text('placeholder'),
    suggestions: suggestionsOf(text('suggestions'), problems),
    footer: text('footer'),
    privacyHref: address('privacy-href'),
    signInHref: address('signin-href'),
    language: get('lang') || language || 'en',
    scheme: oneOf('color-scheme', ['auto', 'light', 'dark']),
    history: oneOf('history', ['server', 'session', 'none']),
    userKey: get('user-key') ?? '',
    sendKey: oneOf('send-key', ['enter', 'mod-enter']),
    isMarkdown: oneOf('markdown', ['on', 'off']) === 'on',
    linkTarget: oneOf('links', ['_blank', '_self', '_top', '_parent']),
    problems,
  };
}

/** A key in a page is everybody's. A test key on one's own machine harms nobody. */
function usableKey(key: string | undefined, page: string, problems: string[]): string | undefined {
  if (key === undefined || key === '') return undefined;
  const { hostname } = new URL(page);
  const isLoopback =
    hostname === 'localhost' || hostname.endsWith('.localhost') || /^(127(\.\d+){3}|\[::1\])$/.test(hostname);
  if (!key.startsWith('sk_test_')) {
    problems.push(
      'api-key is refused: whoever sees the page could use it for anything. Give token-endpoint instead: an address of your own back end that answers what POST /api/chat/get_token answers',
    );
    return undefined;
  }
  if (!isLoopback) {
    problems.push(
      `api-key is refused on ${hostname}: test keys work on pages of this machine (localhost) only`,
    );
    return undefined;
  }
  problems.push('api-key is for trying out: before others see the page, give token-endpoint instead');
  return key;
}

const maxSuggestions = 8;

function suggestionsOf(given: string | undefined, problems: string[]): readonly string[] | undefined {
  if (given === undefined) return undefined;
  try {
    const list: unknown = JSON.parse(given);
    if (Array.isArray(list) && list.every((one) => typeof one === 'string' && one.trim() !== ''))
      return (list as string[]).slice(0, maxSuggestions);
  } catch {
    // Told below.
  }
  problems.push(`suggestions is not a JSON list of texts: ${given.slice(0, 100)}`);
  return undefined;
}
