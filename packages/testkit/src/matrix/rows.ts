/**
 * The matrix: for every endpoint what each caller is answered. A row makes its request anew for every caller, so that
 * what one of them changes is no other's reason.
 */

import type { ScriptedUpstream } from '../upstream/scripted-upstream.ts';
import { administrationRows } from './administration.ts';
import type { Row } from './row.ts';
import { talkingRows } from './talking.ts';

export function matrixRows(upstream: ScriptedUpstream): Readonly<Record<string, Row>> {
  return { ...talkingRows(upstream), ...administrationRows() };
}
