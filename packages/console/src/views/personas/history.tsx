/** The versions of a persona: who made each and why; compared with what is in production, and rolled back to. */
import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { useChange } from '../../api/queries.ts';
import { formatTime } from '../../i18n/format.ts';
import { Badge, Button } from '../../parts/controls.tsx';
import { creatorText } from '../../parts/creators.ts';
import { Confirm, Dialog } from '../../parts/dialog.tsx';
import { pageStyles } from '../../parts/page.tsx';
import { Table } from '../../parts/table.tsx';
import { tell } from '../../parts/toasts.tsx';
import { Differences } from './differences.tsx';
import type { PartProps } from './persona-page.tsx';
import { personaStrings } from './strings.ts';
import type { Version } from './types.ts';

export function History({ persona, versions, models }: PartProps): JSX.Element {
  const strings = personaStrings();
  const [opened, setOpened] = useState<{ what: 'compare' | 'roll-back'; version: Version } | undefined>(
    undefined,
  );
  const live = versions.find(({ state }) => state === 'active');
  const rollBack = useChange((version: number, api) =>
    api.call('POST', api.admin(`personas/${persona.id}/rollback`), { body: { version } }),
  );
  const close = () => setOpened(undefined);
  return (
    <>
      <Table
        label={strings.history}
        rows={versions}
        keyOf={({ version }) => version}
        columns={[
          {
            title: strings.history,
            isMain: true,
            show: ({ version, note }) => (
              <>
                {strings.version(version)}
                {note !== null && <p class={pageStyles.dim}>{note}</p>}
              </>
            ),
          },
          {
            title: strings.state,
            show: ({ state }) => (
              <Badge tone={state === 'active' ? 'good' : 'plain'}>{strings.states[state]}</Badge>
            ),
          },
          { title: strings.author, show: ({ created_by: by }) => creatorText(by) },
          { title: strings.made, show: ({ created_at: time }) => formatTime(time) },
          {
            title: strings.submittedAt,
            show: ({ submitted_at: time }) => (time === null ? strings.never : formatTime(time)),
          },
          {
            title: '',
            show: (version) => (
              <span class={pageStyles.row}>
                {live !== undefined && version !== live && (
                  <Button look="quiet" onClick={() => setOpened({ what: 'compare', version })}>
                    {strings.compare}
                  </Button>
                )}
                {version.state === 'past' && version.submitted_at !== null && (
                  <Button look="quiet" onClick={() => setOpened({ what: 'roll-back', version })}>
                    {strings.rollBack}
                  </Button>
                )}
              </span>
            ),
          },
        ]}
      />
      {opened?.what === 'compare' && live !== undefined && (
        <Dialog title={strings.compareTitle(opened.version.version)} size="wide" onClose={close}>
          <Differences before={live} after={opened.version} models={models} />
        </Dialog>
      )}
      {opened?.what === 'roll-back' && (
        <Confirm
          title={strings.rollBackTitle(opened.version.version)}
          action={strings.rollBack}
          onClose={close}
          onConfirm={async () => {
            await rollBack.mutateAsync(opened.version.version);
            tell(strings.rolledBack);
          }}
        >
          {strings.rollBackText}
        </Confirm>
      )}
    </>
  );
}
