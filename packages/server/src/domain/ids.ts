/** Identifiers: UUIDv7 in lower case (RFC 9562), so that they sort by the time they were made. */
import { v7 } from 'uuid';

/** A UUID of any version in lower case, as the source of a regular expression. */
export const uuidSource = '[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}';
const uuidPattern = new RegExp(`^${uuidSource}$`, 'i');

export function newId(): string {
  return v7();
}

/** Whether `value` has the form of a UUID, of any version and in any case. */
export function isUuid(value: string): boolean {
  return uuidPattern.test(value);
}
