/** Facts about a generation that its log does not hold, for the views that tell them. */
import type { Principal } from '../../auth/principal.ts';
import type { GenerationParameters } from '../../domain/generation.ts';
import type { RevisionReference } from '../../domain/persona.ts';
import type { OrganizationScope } from '../../domain/scope.ts';
import type { GenerationView } from '../../generation/interface.ts';
import { findModel } from '../../store/queries/models.ts';
import { findPublicRevision } from '../../store/queries/personas.ts';
import type { Database } from '../../store/store.ts';

export interface GenerationFacts {
  /** The message that is answered. */
  readonly userMessageId: string;
  /** The model that was asked first: the same at every replay. Null: it is gone. */
  readonly model: { readonly id: string; readonly name: string | null; readonly provider: string | null };
  readonly persona: RevisionReference | null;
  /** Epoch milliseconds. */
  readonly createdAt: number;
  /** Whether the reader may read the answer's reasoning. */
  readonly showsReasoning: boolean;
  /** What it keeps of its request. */
  readonly parameters: GenerationParameters;
}

export type ReadFacts = (
  view: GenerationView,
  scope: OrganizationScope,
  caller: Principal | undefined,
) => Promise<GenerationFacts>;

export function createReadFacts(reads: Database): ReadFacts {
  return async (view, scope, caller) => {
    const { replyTo, requestedModelId, persona, createdAt, parameters } = view;
    const asked = await askedModel(reads, scope, view);
    return {
      userMessageId: replyTo,
      model: { id: requestedModelId, name: asked?.name ?? null, provider: asked?.provider ?? null },
      persona,
      createdAt,
      parameters,
      showsReasoning: await createReasoningRule(reads, scope, caller)(persona),
    };
  };
}

/** The model that was asked first; undefined where it is gone. */
export async function askedModel(
  reads: Database,
  scope: OrganizationScope,
  { model, requestedModelId }: Pick<GenerationView, 'model' | 'requestedModelId'>,
) {
  return model.id === requestedModelId ? model : findModel(reads, scope, requestedModelId);
}

/** Whether a caller may read the reasoning of answers that a persona's revision gave; null: they had no persona. */
export type ReasoningRule = (persona: RevisionReference | null) => Promise<boolean>;

/** End users read it where the revision shows it. Each revision is looked at once. */
export function createReasoningRule(
  reads: Database,
  scope: OrganizationScope,
  caller: Principal | undefined,
): ReasoningRule {
  if (caller?.kind !== 'end-user') return async () => true;
  const known = new Map<string, Promise<boolean>>();
  return async (persona) => {
    if (persona === null) return false;
    const name = `${persona.personaId}:${persona.version}`;
    const found =
      known.get(name) ??
      findPublicRevision(reads, scope, persona).then((revision) => revision?.showReasoning === true);
    known.set(name, found);
    return found;
  };
}
