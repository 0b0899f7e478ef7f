/** Tells people which model answers the first call, and why that one. */

import { organizationScope } from '../auth/scopes.ts';
import type { LocalModel } from '../models/local/local-model.ts';
import { findModel } from '../store/queries/models.ts';
import { findDefaultOrganization } from '../store/queries/organizations.ts';
import { findPersonaBasis } from '../store/queries/run-basis.ts';
import type { Store } from '../store/store.ts';
import { listBuiltInOffers } from './offered-models.ts';
import type { ProviderOffers } from './remote-offers.ts';

/** The alias of the persona that the first key selects. */
const firstPersona = 'assistant';

/** Sentences for the operator: the model that answers and why, and what keeps a better one from answering. */
export async function describeAnswering(
  store: Store,
  remote: readonly ProviderOffers[],
  local: LocalModel,
  /** The variables of which one is enough for a real model. */
  variables: readonly string[],
): Promise<readonly string[]> {
  const problems = remote.flatMap(({ problem }) =>
    problem === undefined ? [] : [upperFirst(`${problem}.`)],
  );
  const organization = await findDefaultOrganization(store.reads);
  if (organization === undefined) return problems;
  const scope = organizationScope(organization.id);
  const selected = await findPersonaBasis(store.reads, scope, { alias: firstPersona }, 'active');
  const { defaultModelId } = organization;
  const model =
    selected?.basis.model ??
    (defaultModelId === null ? undefined : await findModel(store.reads, scope, defaultModelId));
  if (model === undefined) return problems;
  const localState = model.provider === 'local' ? local.status().state : 'ready';
  if (model.provider === 'guide' || localState === 'failed' || localState === 'off') {
    const enough = variables.join(', ');
    return [
      ...problems,
      `Only the guide to the documentation answers, which is no language model. One of these makes one answer: ${enough}.`,
    ];
  }
  const name = `${model.name} (${model.preset ?? model.provider})`;
  if (!model.isActive) return [...problems, `Calls are refused: ${name} is switched off.`];
  const offers = [...remote.flatMap((one) => one.offers), ...listBuiltInOffers(local)];
  const offer = offers.find(
    (one) =>
      one.provider === model.provider && (one.preset ?? null) === model.preset && one.model === model.model,
  );
  const why = model.fromEnvironment
    ? (offer?.why ?? 'it was offered at an earlier start')
    : 'an administrator chose it';
  const when = localState === 'ready' ? '' : ' once it is loaded';
  return [...problems, `Answers come from ${name}${when}: ${why}.`];
}

function upperFirst(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
