/** A generation as its caller sees it. */

import type { GenerationView } from '../../generation/interface.ts';
import type { Database } from '../../store/store.ts';
import { audienceOf } from '../answer/audience.ts';
import { creatorsFor } from '../answer/creators.ts';
import type { GrantedRequest } from '../routing/route.ts';
import { toGeneration } from './schema.ts';

export async function shownGeneration(
  reads: Database,
  { caller, scope }: Pick<GrantedRequest<'conversation'>, 'caller' | 'scope'>,
  view: GenerationView,
) {
  const audience = audienceOf(caller);
  const named = await creatorsFor(reads, scope, audience, [view.createdBy]);
  return toGeneration(view, audience, named(view.createdBy));
}
