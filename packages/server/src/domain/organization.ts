/** Organizations and their members. */

export const roles = ['owner', 'admin', 'member', 'guest'] as const;
export type Role = (typeof roles)[number];

/** Guests may only read. */
export function mayWrite(role: Role): boolean {
  return role !== 'guest';
}

export function mayAdminister(role: Role): boolean {
  return role === 'owner' || role === 'admin';
}
