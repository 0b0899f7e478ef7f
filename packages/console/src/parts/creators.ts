/** Who made something, in words. */
import { catalogue } from '../i18n/catalogue.ts';

export interface Creator {
  readonly kind: 'member' | 'key' | 'end-user' | 'operator' | 'anonymous';
  readonly id: string | null;
  /** Null: none, or whoever it was is gone. */
  readonly name: string | null;
}

export const creatorStrings = catalogue('creators', {
  operator: 'The operator',
  anonymous: 'Somebody without a key',
  key: (name: string) => `Key ${name}`,
  user: (name: string) => `End user ${name}`,
  gone: 'Somebody who is gone',
  unknown: 'Not known',
});

export function creatorText(creator: Creator | null): string {
  const strings = creatorStrings();
  if (creator === null) return strings.unknown;
  const { kind, name } = creator;
  if (kind === 'operator') return strings.operator;
  if (kind === 'anonymous') return strings.anonymous;
  if (name === null) return strings.gone;
  if (kind === 'key') return strings.key(name);
  return kind === 'end-user' ? strings.user(name) : name;
}
