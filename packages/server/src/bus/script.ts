/** Makes scripts that Redis knows by their hash. */
import { createHash } from 'node:crypto';
import type { SharedScript } from './bus.ts';

export function script(lua: string): SharedScript {
  return { lua, sha: createHash('sha1').update(lua).digest('hex') };
}
