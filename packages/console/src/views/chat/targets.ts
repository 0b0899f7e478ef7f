/** Who may answer: the organization's models, and its personas where they may be seen. */
import { useMemo } from 'preact/hooks';
import { useApi } from '../../api/api.ts';
import { useRead } from '../../api/queries.ts';
import { chatStrings } from './strings.ts';
import type { ListedModel, ListedPersona, Target } from './types.ts';

export interface OfferedTarget {
  /** `model:<id>` or `persona:<id>:<version>`. */
  readonly key: string;
  readonly label: string;
  readonly target: Target;
}

export interface Targets {
  readonly isLoaded: boolean;
  readonly models: readonly OfferedTarget[];
  readonly personas: readonly OfferedTarget[];
  /** What a new chat begins with. */
  readonly first: OfferedTarget | undefined;
  find(key: string): OfferedTarget | undefined;
  personaName(id: number): string | undefined;
}

export function keyOfTarget(target: Target): string {
  return target.kind === 'model' ? `model:${target.id}` : `persona:${target.id}:${target.version}`;
}

/** An organization may have a thousand; the picker is no place for more. */
const most = 1000;

export function useTargets(): Targets {
  const strings = chatStrings();
  const api = useApi();
  const listedModels = useRead<readonly ListedModel[]>('/api/llm/list', {
    query: { org_id: api.organization.id },
  });
  const listedPersonas = useRead<{ data: readonly ListedPersona[] }>(api.admin('personas'), {
    query: { limit: most },
    isWanted: api.mayAdminister,
  });
  return useMemo(() => {
    const sorted = [...(listedModels.data ?? [])].sort((a, b) => Number(b.is_default) - Number(a.is_default));
    const models = sorted.map(({ id, name }) => offer(name, { kind: 'model', id }));
    const known = listedPersonas.data?.data ?? [];
    const personas = known.flatMap(({ id, name, has_active, has_next }) => [
      ...(has_active ? [offer(name, { kind: 'persona', id, version: 'active' })] : []),
      ...(has_next ? [offer(strings.personaNext(name), { kind: 'persona', id, version: 'next' })] : []),
    ]);
    const all = [...models, ...personas];
    return {
      isLoaded: listedModels.data !== undefined && (!api.mayAdminister || listedPersonas.data !== undefined),
      models,
      personas,
      first: models[0] ?? personas[0],
      find: (key) => all.find((one) => one.key === key),
      personaName: (id) => known.find((one) => one.id === id)?.name,
    };
  }, [strings, api.mayAdminister, listedModels.data, listedPersonas.data]);
}

function offer(label: string, target: Target): OfferedTarget {
  return { key: keyOfTarget(target), label, target };
}
