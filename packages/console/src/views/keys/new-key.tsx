/** Making a key. */
import requestSchema from 'colloquy:form/ApiKeyRequest';
import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { useApi } from '../../api/api.ts';
import { allOfThem, type List } from '../../api/list.ts';
import { useChange, useRead } from '../../api/queries.ts';
import { ResourceForm, useLeaveGuard } from '../../forms/resource-form.tsx';
import { useForm } from '../../forms/use-form.ts';
import { LinkButton, SelectField } from '../../parts/controls.tsx';
import { Page, pageStyles } from '../../parts/page.tsx';
import { Loaded } from '../../parts/states.tsx';
import { fieldsOfAdministration, fieldsOfConversations, keyControls } from './key-form.tsx';
import { Secret } from './secret.tsx';
import { keyStrings } from './strings.ts';
import type { Key, NewKey as Made, Persona } from './types.ts';

export function NewKey(): JSX.Element {
  const strings = keyStrings();
  const api = useApi();
  const personas = useRead<List<Persona>>(api.admin('personas'), { query: { limit: allOfThem } });
  const [type, setType] = useState<Key['type']>(api.environment);
  const [made, setMade] = useState<Made | undefined>(undefined);
  return (
    <Page title={made?.name ?? strings.make} back={{ href: '/', label: strings.title }}>
      <Loaded of={personas}>
        {({ data }) =>
          made === undefined ? (
            <div class={pageStyles.form}>
              <SelectField
                label={strings.words.type.title}
                hint={strings.words.type.hint}
                value={type}
                onChange={(value) => setType(value as Key['type'])}
                choices={(['prod', 'test', 'admin'] as const).map((value) => ({
                  value,
                  label: strings.types[value],
                }))}
              />
              <NewKeyForm
                key={type === 'admin' ? 'administration' : 'conversations'}
                type={type}
                personas={data}
                onMade={setMade}
              />
            </div>
          ) : (
            <>
              <Secret made={made} personas={data} />
              <div>
                <LinkButton href={`/${made.id}`}>{strings.toKey}</LinkButton>
              </div>
            </>
          )
        }
      </Loaded>
    </Page>
  );
}

interface NewKeyFormProps {
  readonly type: Key['type'];
  readonly personas: readonly Persona[];
  readonly onMade: (key: Made) => void;
}

function NewKeyForm({ type, personas, onMade }: NewKeyFormProps): JSX.Element {
  const strings = keyStrings();
  const isAdministration = type === 'admin';
  const form = useForm({
    schema: requestSchema,
    only: isAdministration ? fieldsOfAdministration : fieldsOfConversations,
  });
  const make = useChange<object, Made>((body, api) => api.call('POST', api.admin('keys'), { body }));
  useLeaveGuard(form.isChanged);
  return (
    <ResourceForm
      form={form}
      words={strings.words}
      controls={keyControls(form, personas, isAdministration)}
      action={strings.make}
      onSubmit={() => form.submit(async () => onMade(await make.mutateAsync({ ...form.values(), type })))}
    />
  );
}
