/**
 * The matrix: for every endpoint what each caller is answered. A row makes its request anew for every caller, so that
 * what one of them changes is no other's reason.
 */
import { administrationRows } from './matrix-administration.ts';
import type { Row } from './matrix-row.ts';
import { talkingRows } from './matrix-talking.ts';
import type { ScriptedUpstream } from './scripted-upstream.ts';

export function matrixRows(upstream: ScriptedUpstream): Readonly<Record<string, Row>> {
  return { ...talkingRows(upstream), ...administrationRows() };
}
