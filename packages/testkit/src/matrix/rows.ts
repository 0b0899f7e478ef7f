/**
 * The matrix says for every endpoint what each caller is answered. A row makes a new request for every caller, so that
 * changes by one caller don't affect another.
 */

import type { ScriptedUpstream } from '../upstream/scripted-upstream.ts';
import { administrationRows } from './administration.ts';
import { pageRows } from './pages.ts';
import type { Row } from './row.ts';
import { signingInRows } from './signing-in.ts';
import { talkingRows } from './talking.ts';
import { wholeServerRows } from './whole-server.ts';

export function matrixRows(upstream: ScriptedUpstream): Readonly<Record<string, Row>> {
  return {
    ...talkingRows(upstream),
    ...wholeServerRows(),
    ...administrationRows(),
    ...signingInRows(),
    ...pageRows(),
  };
}
