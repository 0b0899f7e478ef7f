/** One key: what it may do and has used, its settings, another secret, and its end. */
import requestSchema from 'colloquy:form/ApiKeyRequest';
import type { JSX } from 'preact';
import { useId, useState } from 'preact/hooks';
import { Link } from 'wouter-preact';
import { useApi } from '../../api/api.ts';
import { allOfThem, type List } from '../../api/list.ts';
import { useChange, useRead } from '../../api/queries.ts';
import { UsedLimits } from '../../forms/limits-field.tsx';
import { ResourceForm, useLeaveGuard } from '../../forms/resource-form.tsx';
import { useForm } from '../../forms/use-form.ts';
import { formatTime } from '../../i18n/format.ts';
import { Badge, Button, SelectField } from '../../parts/controls.tsx';
import { creatorText } from '../../parts/creators.ts';
import { Confirm, Dialog } from '../../parts/dialog.tsx';
import { LoadedPage } from '../../parts/loaded-page.tsx';
import { Card, Facts, Page, pageStyles } from '../../parts/page.tsx';
import { ErrorState, Loaded, Note } from '../../parts/states.tsx';
import { partStrings } from '../../parts/strings.ts';
import { tell } from '../../parts/toasts.tsx';
import { toConsole } from '../../state/paths.ts';
import { expiryText, lastUsedText, stateOf } from './key-facts.ts';
import { fieldsOfAdministration, fieldsOfConversations, keyControls } from './key-form.tsx';
import { KeyState } from './key-list.tsx';
import { Secret, Warnings } from './secret.tsx';
import { keyStrings } from './strings.ts';
import type { Key, NewKey, Persona } from './types.ts';

/** How long what is used up of the limits may be old, in milliseconds. */
const refreshMs = 5_000;

export function KeyPage({ id }: { readonly id: string }): JSX.Element {
  const api = useApi();
  const key = useRead<Key>(api.admin(`keys/${encodeURIComponent(id)}`), { intervalMs: refreshMs });
  const personas = useRead<List<Persona>>(api.admin('personas'), { query: { limit: allOfThem } });
  return (
    <LoadedPage of={key} back={{ href: '/', label: keyStrings().title }}>
      {(data) => <Loaded of={personas}>{({ data: all }) => <ShownKey of={data} personas={all} />}</Loaded>}
    </LoadedPage>
  );
}

interface ShownKeyProps {
  readonly of: Key;
  readonly personas: readonly Persona[];
}

function ShownKey({ of: key, personas }: ShownKeyProps): JSX.Element {
  const strings = keyStrings();
  const [rotated, setRotated] = useState<NewKey | undefined>(undefined);
  const isRevoked = key.revoked_at !== null;
  return (
    <Page
      title={key.name}
      back={{ href: '/', label: strings.title }}
      badges={
        <>
          <Badge>{strings.types[key.type]}</Badge>
          <KeyState of={key} />
        </>
      }
      actions={!isRevoked && <Actions of={key} onRotated={setRotated} />}
    >
      {rotated !== undefined && <Secret made={rotated} personas={personas} />}
      {key.previous_secret_until !== null && (
        <Note tone="warn">{strings.previousUntil(formatTime(key.previous_secret_until))}</Note>
      )}
      <div class={pageStyles.columns}>
        <div class={pageStyles.form}>
          <About of={key} personas={personas} />
          <Card title={strings.limitsUsed}>
            <UsedLimits limits={key.limits} consumed={key.consumed} />
          </Card>
        </div>
        {!isRevoked && (
          <Card title={strings.edit}>
            <Settings key={key.id} of={key} personas={personas} />
          </Card>
        )}
      </div>
    </Page>
  );
}

function About({ of: key, personas }: ShownKeyProps): JSX.Element {
  const strings = keyStrings();
  const nameOf = (id: number) => personas.find((one) => one.id === id)?.name ?? `#${id}`;
  const isAdministration = key.type === 'admin';
  return (
    <Card title={strings.about}>
      <Facts
        of={[
          [strings.prefix, <code key="prefix">{key.prefix}…</code>],
          [
            strings.persona,
            isAdministration
              ? null
              : key.default_persona_id === null
                ? strings.noPersona
                : nameOf(key.default_persona_id),
          ],
          [
            strings.personas,
            isAdministration
              ? null
              : (key.personas?.map(nameOf).join(partStrings().comma) ?? strings.anyPersona),
          ],
          [strings.origins, isAdministration ? null : (key.allowed_origins?.join(', ') ?? strings.anyOrigin)],
          [strings.lastUsed, lastUsedText(key)],
          [strings.expires, expiryText(key)],
          [strings.made, formatTime(key.created_at)],
          [strings.madeBy, creatorText(key.created_by)],
          [strings.revokedAt, key.revoked_at && formatTime(key.revoked_at)],
        ]}
      />
      {!isAdministration && (
        <Link href={toConsole(`/conversations?key=${key.id}`)}>{strings.conversations}</Link>
      )}
    </Card>
  );
}

function Settings({ of: key, personas }: ShownKeyProps): JSX.Element {
  const strings = keyStrings();
  const isAdministration = key.type === 'admin';
  const form = useForm({
    schema: requestSchema,
    initial: key,
    only: isAdministration ? fieldsOfAdministration : fieldsOfConversations,
  });
  const save = useChange<object, Key>((body, api) =>
    api.call('PATCH', api.admin(`keys/${key.id}`), { body }),
  );
  useLeaveGuard(form.isChanged);
  const submit = async () => {
    const done = await form.submit(() => save.mutateAsync(form.changes()));
    if (done) tell(strings.saved);
  };
  return (
    <ResourceForm
      form={form}
      words={strings.words}
      controls={keyControls(form, personas, isAdministration)}
      onSubmit={submit}
    >
      <Warnings of={save.data?.warnings} />
    </ResourceForm>
  );
}

interface ActionsProps {
  readonly of: Key;
  readonly onRotated: (key: NewKey) => void;
}

function Actions({ of: key, onRotated }: ActionsProps): JSX.Element {
  const strings = keyStrings();
  const [asked, setAsked] = useState<'rotate' | 'revoke' | undefined>(undefined);
  const revoke = useChange((_: undefined, api) => api.call('DELETE', api.admin(`keys/${key.id}`)));
  return (
    <>
      {stateOf(key) === 'usable' && (
        <Button icon="refresh" onClick={() => setAsked('rotate')}>
          {strings.rotate}
        </Button>
      )}
      <Button icon="trash" look="danger" onClick={() => setAsked('revoke')}>
        {strings.revoke}
      </Button>
      {asked === 'rotate' && (
        <Rotation
          of={key}
          onRotated={(made) => {
            setAsked(undefined);
            onRotated(made);
          }}
          onClose={() => setAsked(undefined)}
        />
      )}
      {asked === 'revoke' && (
        <Confirm
          title={strings.revokeTitle(key.name)}
          name={key.name}
          action={strings.revoke}
          onClose={() => setAsked(undefined)}
          onConfirm={async () => {
            await revoke.mutateAsync(undefined);
            tell(strings.revokeDone);
          }}
        >
          {strings.revokeText}
        </Confirm>
      )}
    </>
  );
}

interface RotationProps extends ActionsProps {
  readonly onClose: () => void;
}

function Rotation({ of: key, onRotated, onClose }: RotationProps): JSX.Element {
  const strings = keyStrings();
  const [overlap, setOverlap] = useState('3600');
  const form = useId();
  const rotate = useChange<number, NewKey>((seconds, api) =>
    api.call('POST', api.admin(`keys/${key.id}/rotate`), { body: { overlap_seconds: seconds } }),
  );
  return (
    <Dialog
      title={strings.rotateTitle(key.name)}
      onClose={onClose}
      foot={
        <>
          <Button onClick={onClose}>{partStrings().cancel}</Button>
          <Button type="submit" form={form} look="primary" isBusy={rotate.isPending}>
            {strings.rotate}
          </Button>
        </>
      }
    >
      <form
        id={form}
        class={pageStyles.form}
        onSubmit={(event) => {
          event.preventDefault();
          rotate.mutate(Number(overlap), {
            onSuccess(made) {
              tell(strings.rotated);
              onRotated(made);
            },
          });
        }}
      >
        <p>{strings.rotateText}</p>
        <SelectField
          label={strings.overlap}
          value={overlap}
          onChange={setOverlap}
          choices={Object.entries(strings.overlaps).map(([value, label]) => ({ value, label }))}
        />
        {rotate.error !== null && <ErrorState error={rotate.error} />}
      </form>
    </Dialog>
  );
}
