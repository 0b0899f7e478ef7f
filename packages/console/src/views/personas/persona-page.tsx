/** One persona: what comes next beside what is in production, trying both, history, how to use it, and its settings. */
import { theme } from '@colloquy/ui';
import { Tabs } from '@colloquy/ui/controls';
import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { useApi } from '../../api/api.ts';
import { useRead } from '../../api/queries.ts';
import { Badge } from '../../parts/controls.tsx';
import { LoadedPage } from '../../parts/loaded-page.tsx';
import { Page } from '../../parts/page.tsx';
import { ErrorState, Loading, Note } from '../../parts/states.tsx';
import { partStrings } from '../../parts/strings.ts';
import { useUrlState } from '../../state/url-state.ts';
import { Draft } from './draft.tsx';
import { History } from './history.tsx';
import { PersonaSettings } from './persona-settings.tsx';
import styles from './personas.module.css';
import { personaStrings } from './strings.ts';
import { TryBoth } from './try-both.tsx';
import { allOfThem, type List, type Model, type Persona, type Version } from './types.ts';
import { UseIt } from './use-it.tsx';

/** Versions that are read at once, the newest first. */
const pageOfVersions = 100;

export function PersonaPage({ id }: { readonly id: string }): JSX.Element {
  const strings = personaStrings();
  const api = useApi();
  const path = api.admin(`personas/${encodeURIComponent(id)}`);
  const persona = useRead<Persona>(path);
  const versions = useRead<List<Version>>(`${path}/versions`, { query: { limit: pageOfVersions } });
  const models = useRead<List<Model>>(api.admin('models'), { query: { limit: allOfThem } });
  return (
    <LoadedPage of={persona} back={{ href: '/', label: strings.title }}>
      {(data) => (
        <Page
          title={data.name}
          back={{ href: '/', label: strings.title }}
          badges={
            <>
              <code>{data.alias}</code>
              {data.active_version !== null && (
                <Badge tone="good">
                  {strings.live}: {strings.version(data.active_version)}
                </Badge>
              )}
              {data.next_version !== null && (
                <Badge>
                  {strings.draft}: {strings.version(data.next_version)}
                </Badge>
              )}
            </>
          }
        >
          {versions.data !== undefined && models.data !== undefined ? (
            <Parts persona={data} versions={versions.data.data} models={models.data.data} />
          ) : versions.error !== null || models.error !== null ? (
            <ErrorState
              title={partStrings().failed}
              error={versions.error ?? models.error}
              onRetry={() => {
                void versions.refetch();
                void models.refetch();
              }}
            />
          ) : (
            <Loading />
          )}
        </Page>
      )}
    </LoadedPage>
  );
}

export interface PartProps {
  readonly persona: Persona;
  /** Newest first. */
  readonly versions: readonly Version[];
  readonly models: readonly Model[];
}

function Parts(props: PartProps): JSX.Element {
  const strings = personaStrings();
  const { versions, models } = props;
  const [tab, setTab] = useUrlState('tab', 'draft');
  // What was typed in the draft stays while one looks at another part.
  const [hasBeenShown, setShown] = useState<ReadonlySet<string>>(() => new Set([tab]));
  const live = versions.find(({ state }) => state === 'active');
  const model = models.find(({ id }) => id === live?.model_id);
  const parts: Readonly<Record<string, readonly [label: string, show: () => JSX.Element]>> = {
    draft: [strings.tabDraft, () => <Draft {...props} />],
    try: [strings.tabTry, () => <TryBoth {...props} />],
    history: [strings.tabHistory, () => <History {...props} />],
    use: [strings.tabUse, () => <UseIt {...props} />],
    settings: [strings.tabSettings, () => <PersonaSettings {...props} />],
  };
  const selected = Object.hasOwn(parts, tab) ? tab : 'draft';
  return (
    <>
      {live !== undefined && model?.is_active !== true && (
        <Note tone="warn">
          <strong>{strings.modelOff}. </strong>
          {strings.modelOffText(model?.name ?? strings.unknownModel)}
        </Note>
      )}
      <div class={theme.theme}>
        <Tabs
          label={strings.tabs}
          tabs={Object.entries(parts).map(([id, [label]]) => ({ id, label }))}
          selected={selected}
          onSelect={(next) => {
            setShown(new Set([...hasBeenShown, next]));
            setTab(next);
          }}
        >
          {Object.entries(parts).map(
            ([id, [, show]]) =>
              (id === selected || (id === 'draft' && hasBeenShown.has(id))) && (
                <div key={id} class={styles.part} hidden={id !== selected}>
                  {show()}
                </div>
              ),
          )}
        </Tabs>
      </div>
    </>
  );
}
