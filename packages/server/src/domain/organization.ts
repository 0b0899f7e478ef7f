/** Organizations and their members. */

export type Role = 'owner' | 'admin' | 'member' | 'guest';
export const roles: readonly Role[] = ['owner', 'admin', 'member', 'guest'];

/** Guests may only read. */
export function mayWrite(role: Role): boolean {
  return role !== 'guest';
}

export function mayAdminister(role: Role): boolean {
  return role === 'owner' || role === 'admin';
}
