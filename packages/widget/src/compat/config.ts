/** What a configuration of ConverZen's widget means here. */
import type { Token } from '@colloquy/client';

type Corner = Readonly<Partial<Record<'top' | 'bottom' | 'left' | 'right', string>>>;

/** As theirs declares it; what pages give is not checked by anyone before. */
export interface ConverzenConfig {
  readonly chatUrl?: string;
  readonly getToken?: (clientId: string) => Token | string | Promise<Token | string>;
  readonly apiKey?: string;
  readonly persona?: string | Readonly<Record<string, unknown>>;
  readonly headerMsg?: string;
  readonly subheaderMsg?: string;
  readonly initialGreeting?: string;
  readonly promptPlaceholder?: string;
  readonly style?: {
    readonly position?: string | Corner;
    readonly dialogSize?: string | { readonly width?: string | number; readonly height?: string | number };
    readonly frameColor?: string;
    /** A text in older pages. */
    readonly buttonColor?: string | { readonly normal?: string };
  };
  readonly icons?: Readonly<Record<string, string | undefined>>;
  readonly darkMode?: boolean;
  readonly enableMarkdown?: boolean;
  readonly autoOpen?: boolean;
  readonly persistMessages?: boolean;
  readonly historyKey?: string;
  readonly onSaveMessages?: (session: string, messages: readonly TheirMessage[]) => unknown;
  readonly onLoadMessages?: () => unknown;
  readonly extraContext?: Readonly<Record<string, unknown>>;
  readonly publicId?: unknown;
  readonly endUserLicensing?: unknown;
}

/** A message as their callbacks give and take it. */
export interface TheirMessage {
  readonly content: string;
  readonly role: 'USER' | 'ASSISTANT' | 'SYSTEM';
  /** ISO 8601. */
  readonly createdAt: string;
  /** Addresses. */
  readonly sources?: readonly string[];
}

export interface Meaning {
  readonly attributes: Readonly<Record<string, string>>;
  /** Custom properties. */
  readonly properties: Readonly<Record<string, string>>;
  /** Sentences for the browser's console. */
  readonly notes: readonly string[];
}

/** Corners, in their words and ours. */
const positions: Readonly<Record<string, string>> = {
  'bottom-right': 'end',
  'bottom-left': 'start',
  'top-right': 'top-end',
  'top-left': 'top-start',
};

/** Their names for sizes. */
const sizes: Readonly<Record<string, readonly [width: string, height: string]>> = {
  small: ['320px', '480px'],
  medium: ['400px', '640px'],
  large: ['520px', '760px'],
};

const known: ReadonlySet<string> = new Set([
  'chatUrl',
  'getToken',
  'apiKey',
  'persona',
  'headerMsg',
  'subheaderMsg',
  'initialGreeting',
  'promptPlaceholder',
  'style',
  'icons',
  'darkMode',
  'enableMarkdown',
  'autoOpen',
  'persistMessages',
  'historyKey',
  'onSaveMessages',
  'onLoadMessages',
  'extraContext',
  'publicId',
  'endUserLicensing',
]);

export function attributesOf(config: ConverzenConfig): Meaning {
  const { style = {} } = config;
  const notes: string[] = [];
  const size = sizeOf(style.dialogSize, notes);
  const place = placeOf(style.position, notes);
  const accent = typeof style.buttonColor === 'object' ? style.buttonColor.normal : style.buttonColor;
  if (config.publicId !== undefined)
    notes.push(
      'publicId has no counterpart: give getToken, or token-endpoint, an address of your own back end',
    );
  if (config.endUserLicensing !== undefined)
    notes.push(
      'endUserLicensing has no counterpart: set limits for end users on the key or the organization instead',
    );
  for (const name of Object.keys(config.icons ?? {}))
    if (name !== 'launcher' && name !== 'chat') notes.push(`icons.${name} has no counterpart`);
  for (const name of Object.keys(config))
    if (!known.has(name)) notes.push(`${name} is not known and has no effect`);
  return {
    attributes: present({
      server: config.chatUrl,
      'api-key': config.apiKey,
      persona: aliasOf(config.persona, notes),
      heading: config.headerMsg,
      footer: config.subheaderMsg,
      greeting: config.initialGreeting,
      placeholder: config.promptPlaceholder,
      position: place.position,
      offset: place.offset,
      'color-scheme': config.darkMode === undefined ? undefined : config.darkMode ? 'dark' : 'light',
      markdown: config.enableMarkdown === false ? 'off' : undefined,
      open: config.autoOpen === true ? '' : undefined,
      history: config.persistMessages === false ? 'session' : undefined,
    }),
    properties: present({
      '--colloquy-width': size?.[0],
      '--colloquy-height': size?.[1],
      '--colloquy-line': style.frameColor,
      '--colloquy-accent': accent,
    }),
    notes,
  };
}

/** An alias, or a selector with one. The token is bound to a persona in any case. */
function aliasOf(persona: ConverzenConfig['persona'], notes: string[]): string | undefined {
  if (persona === undefined || typeof persona === 'string') return persona;
  if (typeof persona.alias === 'string') return persona.alias;
  notes.push('persona has no alias: the persona that the token was made for answers');
  return undefined;
}

/** A corner by name, or by how far it is from two edges of the page: there is one distance here. */
function placeOf(
  position: string | Corner | undefined,
  notes: string[],
): { readonly position?: string | undefined; readonly offset?: string | undefined } {
  if (position === undefined) return {};
  if (typeof position === 'object') {
    const { top, bottom, left, right } = position;
    const name = `${top === undefined ? 'bottom' : 'top'}-${left === undefined ? 'right' : 'left'}`;
    return { position: positions[name], offset: bottom ?? top ?? right ?? left };
  }
  if (Object.hasOwn(positions, position)) return { position: positions[position] };
  notes.push(`style.position "${position}" is not known: it may be ${Object.keys(positions).join(', ')}`);
  return {};
}

function sizeOf(
  size: NonNullable<ConverzenConfig['style']>['dialogSize'],
  notes: string[],
): readonly [string | undefined, string | undefined] | undefined {
  if (size === undefined) return undefined;
  if (typeof size === 'object') return [length(size.width), length(size.height)];
  const found = Object.hasOwn(sizes, size) ? sizes[size] : undefined;
  if (found === undefined)
    notes.push(`style.dialogSize "${size}" is not known: it may be ${Object.keys(sizes).join(', ')}`);
  return found;
}

const length = (value: string | number | undefined): string | undefined =>
  typeof value === 'number' ? `${value}px` : value;

function present(given: Readonly<Record<string, string | undefined>>): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(given).filter((pair): pair is [string, string] => typeof pair[1] === 'string'),
  );
}
