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
    const { replyTo, model, requestedModelId, persona, createdAt, parameters } = view;
    const asked = model.id === requestedModelId ? model : await findModel(reads, scope, requestedModelId);
    return {
      userMessageId: replyTo,
      model: { id: requestedModelId, name: asked?.name ?? null, provider: asked?.provider ?? null },
      persona,
      createdAt,
      parameters,
      showsReasoning: caller?.kind !== 'end-user' || (await showsReasoning(reads, scope, persona)),
    };
  };
}

/** Whether end users read the reasoning of a persona's revision. */
export async function showsReasoning(
  reads: Database,
  scope: OrganizationScope,
  persona: RevisionReference | null,
): Promise<boolean> {
  if (persona === null) return false;
  const revision = await findPublicRevision(reads, scope, persona);
  return revision?.showReasoning === true;
}
