/** Name, alias and description of a persona; its copy, its file, and its end. */
import changesSchema from 'colloquy:form/PersonaChanges';
import copySchema from 'colloquy:form/PersonaCopy';
import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { useLocation } from 'wouter-preact';
import { useApi } from '../../api/api.ts';
import { useChange } from '../../api/queries.ts';
import { ResourceForm, useLeaveGuard } from '../../forms/resource-form.tsx';
import { useForm } from '../../forms/use-form.ts';
import { Button } from '../../parts/controls.tsx';
import { Confirm } from '../../parts/dialog.tsx';
import { Card, pageStyles } from '../../parts/page.tsx';
import { saveText } from '../../parts/save-file.ts';
import { tell } from '../../parts/toasts.tsx';
import type { PartProps } from './persona-page.tsx';
import { personaStrings } from './strings.ts';
import type { Persona } from './types.ts';

export function PersonaSettings({ persona }: PartProps): JSX.Element {
  const strings = personaStrings();
  const api = useApi();
  const [, navigate] = useLocation();
  const [isAsking, setAsking] = useState(false);
  const path = api.admin(`personas/${persona.id}`);
  const form = useForm({ schema: changesSchema, initial: persona });
  const copyForm = useForm({ schema: copySchema, initial: { alias: '' } });
  const save = useChange((body: object, { call }) => call('PATCH', path, { body }));
  const copy = useChange<object, Persona>((body, { call }) => call('POST', `${path}/duplicate`, { body }));
  const remove = useChange(
    (_: undefined, { call }) => call('DELETE', path),
    () => [api.admin('personas')],
  );
  useLeaveGuard(form.isChanged);
  return (
    <div class={pageStyles.columns}>
      <Card>
        <ResourceForm
          form={form}
          words={strings.words}
          onSubmit={async () => {
            if (await form.submit(() => save.mutateAsync(form.changes()))) tell(strings.saved);
          }}
        />
      </Card>
      <div class={pageStyles.form}>
        <Card title={strings.duplicate}>
          <p>{strings.duplicateText}</p>
          <ResourceForm
            form={copyForm}
            words={strings.words}
            action={strings.duplicate}
            onSubmit={() =>
              copyForm.submit(async () => {
                const { id } = await copy.mutateAsync(copyForm.values());
                tell(strings.duplicated);
                navigate(`/${id}`);
              })
            }
          />
        </Card>
        <Card>
          <div class={pageStyles.row}>
            <Button
              onClick={() =>
                void api.call('GET', `${path}/export`).then(
                  (file) =>
                    saveText(`${persona.alias}.json`, 'application/json', JSON.stringify(file, null, 2)),
                  (error: Error) => tell(error.message),
                )
              }
            >
              {strings.export}
            </Button>
            <Button look="danger" icon="trash" onClick={() => setAsking(true)}>
              {strings.delete}
            </Button>
          </div>
        </Card>
      </div>
      {isAsking && (
        <Confirm
          title={strings.deleteTitle(persona.name)}
          name={persona.name}
          action={strings.delete}
          onClose={() => setAsking(false)}
          onConfirm={async () => {
            await remove.mutateAsync(undefined);
            tell(strings.deleted);
            navigate('/');
          }}
        >
          {strings.deleteText}
        </Confirm>
      )}
    </div>
  );
}
