/** The models that a caller may name, with personas among them. */
import type { ConversationPrincipal } from '../../../../auth/principal.ts';
import type { ModelRecord } from '../../../../domain/model.ts';
import type { PersonaRecord } from '../../../../domain/persona.ts';
import { pageActiveModels } from '../../../../store/queries/models.ts';
import { findPersona, listPersonas } from '../../../../store/queries/personas.ts';
import type { Database } from '../../../../store/store.ts';
import { personaModel } from '../../model-choice.ts';
import { toSeconds } from '../seconds.ts';

export interface ListedModel {
  readonly id: string;
  readonly object: 'model';
  readonly created: number;
  readonly owned_by: string;
}

const pageSize = 200;

export async function listedModels(
  reads: Database,
  caller: ConversationPrincipal,
): Promise<readonly ListedModel[]> {
  if (caller.kind === 'end-user') {
    const { personaId: id } = caller;
    const persona = id === null ? undefined : await findPersona(reads, caller.scope, { id });
    return persona === undefined ? [] : [toPersonaModel(persona)];
  }
  const heldTo = caller.kind === 'api-key' ? caller.personas : null;
  const personas = (await allPersonas(reads, caller)).filter(({ id }) => heldTo?.includes(id) ?? true);
  const models = heldTo === null ? await allModels(reads, caller) : [];
  const named = models.map(({ name }) => name);
  const isTwice = (name: string): boolean => named.indexOf(name) !== named.lastIndexOf(name);
  return [
    ...models.map((model) => toListed(model, isTwice(model.name) ? model.id : model.name)),
    ...personas.filter(({ activeVersion }) => activeVersion !== null).map(toPersonaModel),
  ];
}

async function allModels(reads: Database, { scope }: ConversationPrincipal): Promise<ModelRecord[]> {
  const models: ModelRecord[] = [];
  for (;;) {
    const page = await pageActiveModels(reads, scope, models.at(-1), pageSize);
    models.push(...page);
    if (page.length < pageSize) break;
  }
  return models.sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
}

async function allPersonas(reads: Database, { scope }: ConversationPrincipal): Promise<PersonaRecord[]> {
  const personas: PersonaRecord[] = [];
  let after: number | null | undefined;
  do {
    const page = await listPersonas(reads, scope, { limit: pageSize, after: after ?? undefined });
    personas.push(...page.data);
    after = page.next;
  } while (after !== null);
  return personas;
}

function toListed({ createdAt, provider }: ModelRecord, id: string): ListedModel {
  return { id, object: 'model', created: toSeconds(createdAt), owned_by: provider };
}

function toPersonaModel({ alias, createdAt }: PersonaRecord): ListedModel {
  return { id: personaModel(alias), object: 'model', created: toSeconds(createdAt), owned_by: 'persona' };
}
