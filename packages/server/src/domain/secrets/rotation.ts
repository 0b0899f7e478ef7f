/** The secret of a server: where it is from, and what becomes of it. */

/** Where a server has its secret from: a file in the data directory, or `COLLOQUY_SECRET`. */
export const secretSources = ['file', 'variable'] as const;
export type SecretSource = (typeof secretSources)[number];

/**
 * How a rotation ended. `rotated`: there is a new secret. `resealed`: what an earlier secret had sealed is sealed under the
 * present one. `unchanged`: all is sealed under the secret of `COLLOQUY_SECRET`, which only the operator can change.
 */
export const rotationOutcomes = ['rotated', 'resealed', 'unchanged'] as const;
export type RotationOutcome = (typeof rotationOutcomes)[number];
