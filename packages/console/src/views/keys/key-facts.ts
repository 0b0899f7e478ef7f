/** What is said of a key in lists and on its page. */
import { formatAgo, formatNumber, formatTime } from '../../i18n/format.ts';
import { keyStrings } from './strings.ts';
import type { Key, Persona } from './types.ts';

/** From then on it is said that a key is not used. */
const unusedDays = 90;
const dayMs = 86_400_000;

export type KeyState = 'usable' | 'expired' | 'revoked';

export function stateOf({ revoked_at: revoked, expires_at: end }: Key, now = Date.now()): KeyState {
  if (revoked !== null) return 'revoked';
  return end !== null && Date.parse(end) <= now ? 'expired' : 'usable';
}

/** Whether it is usable and nobody has used it for long, so that it can probably go. */
export function isUnused(key: Key, now = Date.now()): boolean {
  const last = Date.parse(key.last_used_at ?? key.created_at);
  return stateOf(key, now) === 'usable' && now - last > unusedDays * dayMs;
}

export function unusedText(key: Key): string {
  const strings = keyStrings();
  const days = formatNumber(unusedDays);
  return key.last_used_at === null ? strings.neverFor(days) : strings.unusedFor(days);
}

export function lastUsedText({ last_used_at: at }: Key): string {
  return at === null ? keyStrings().never : formatAgo(at);
}

export function expiryText({ expires_at: at }: Key): string {
  return at === null ? keyStrings().expiresNever : formatTime(at);
}

/**
 * A call that works with this key as it stands: a message where it has or can name a persona that is in production, else
 * the list of what it may use.
 * @param server the address of the server, without a slash at the end
 */
export function exampleCall(
  key: Pick<Key, 'type' | 'default_persona_id' | 'personas'>,
  secret: string,
  at: { readonly server: string; readonly organizationId: string; readonly personas: readonly Persona[] },
): string {
  const { server, organizationId, personas } = at;
  if (key.type === 'admin') {
    return curl(`${server}/api/admin/organizations/${organizationId}`, [`Authorization: Bearer ${secret}`]);
  }
  const usable = personas.filter(({ id, has_active }) => has_active && (key.personas?.includes(id) ?? true));
  const own = usable.find(({ id }) => id === key.default_persona_id);
  const other = key.default_persona_id === null ? usable[0] : undefined;
  if (own === undefined && other === undefined) {
    return curl(`${server}/v1/models`, [`Authorization: Bearer ${secret}`]);
  }
  const body = JSON.stringify({ message: 'Hello!', ...(other !== undefined && { persona: other.alias }) });
  const headers = [`X-API-Key: ${secret}`, 'Content-Type: application/json'];
  return `${curl(`${server}/api/chat/completion/stream`, headers)} \\\n  -N -d '${body}'`;
}

function curl(address: string, headers: readonly string[]): string {
  return [`curl "${address}"`, ...headers.map((header) => `-H "${header}"`)].join(' \\\n  ');
}
