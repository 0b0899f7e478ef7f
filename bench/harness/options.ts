/** The command line that the benches share. */
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { type ContenderName, contenderNames } from './contenders.ts';
import { type DialectName, dialectNames } from './dialects.ts';

export interface Options<Number extends string = never> {
  readonly isQuick: boolean;
  readonly rounds: number;
  readonly windowMs: number;
  readonly contenders: ReadonlySet<ContenderName>;
  /** Scenarios to run, such as `80x100` (streams x tokens per second); empty for all. */
  readonly scenarios: readonly string[];
  /** Dialects in which Colloquy is asked, chat always among them, since the others are compared with it. */
  readonly dialects: readonly DialectName[];
  /** Root of another checkout to compare with, an absolute path. */
  readonly against: string | undefined;
  /** Record a CPU profile of each relay under test into this directory. */
  readonly profileDir: string | undefined;
  /** Options that only one bench has. */
  readonly numbers: Readonly<Record<Number, number>>;
}

export interface Defaults<Number extends string> {
  readonly rounds: number;
  /** Whether the relay `floor` is compared too. */
  readonly hasFloor?: boolean;
  /** Whether `--dialect` is an option. */
  readonly hasDialects?: boolean;
  readonly numbers?: Readonly<Record<Number, number>>;
}

/** `usage` is printed for `--help`, which ends the process. */
export function readOptions<Number extends string = never>(
  usage: string,
  defaults: Defaults<Number>,
): Options<Number> {
  const own = Object.entries<number>(defaults.numbers ?? {});
  const { values } = parseArgs({
    options: {
      quick: { type: 'boolean', default: false },
      rounds: { type: 'string' },
      'window-seconds': { type: 'string' },
      scenario: { type: 'string', multiple: true, default: [] },
      engine: { type: 'string', multiple: true },
      'no-ai-sdk': { type: 'boolean', default: false },
      'profile-dir': { type: 'string' },
      against: { type: 'string' },
      help: { type: 'boolean', default: false },
      ...(defaults.hasDialects && { dialect: { type: 'string' as const, multiple: true } }),
      ...Object.fromEntries(own.map(([name]) => [name, { type: 'string' as const }])),
    },
  });
  if (values.help) {
    console.log(usage);
    process.exit();
  }
  const given: Readonly<Record<string, unknown>> = values;
  const engines = values.engine ?? ['sqlite', 'postgres'];
  const allowed = ['sqlite', 'postgres', 'postgres-redis', 'none'];
  const unknown = engines.find((engine) => !allowed.includes(engine));
  if (unknown !== undefined) throw new Error(`--engine ${unknown}: allowed are ${allowed.join(', ')}`);
  const asked = (given.dialect ?? []) as readonly string[];
  const unknownDialect = asked.find((name) => !(dialectNames as readonly string[]).includes(name));
  if (unknownDialect !== undefined) {
    throw new Error(`--dialect ${unknownDialect}: allowed are ${dialectNames.join(', ')}`);
  }
  const wanted = (name: ContenderName): boolean => {
    if (name === 'bare') return true;
    if (name === 'floor') return defaults.hasFloor === true;
    if (name === 'ai-sdk') return !values['no-ai-sdk'];
    const engine = name.replace(/-against$/, '');
    return engines.includes(engine) && (engine === name || values.against !== undefined);
  };
  return {
    isQuick: values.quick,
    rounds: positive('rounds', values.rounds ?? (values.quick ? '1' : String(defaults.rounds))),
    windowMs: 1000 * positive('window-seconds', values['window-seconds'] ?? (values.quick ? '2' : '5')),
    contenders: new Set(contenderNames.filter(wanted)),
    scenarios: values.scenario,
    dialects: dialectNames.filter((name) => name === 'chat' || asked.includes(name)),
    profileDir: values['profile-dir'],
    against: values.against === undefined ? undefined : resolve(values.against),
    numbers: Object.fromEntries(
      own.map(([name, value]) => [name, positive(name, String(given[name] ?? value))]),
    ) as Record<Number, number>,
  };
}

function positive(name: string, text: string): number {
  const value = Number(text);
  if (!(value > 0)) throw new Error(`--${name} ${text}: a positive number is wanted`);
  return value;
}
