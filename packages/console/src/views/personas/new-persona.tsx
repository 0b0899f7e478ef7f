/** Making a persona: its name and its alias; prompt and model come with the draft. */
import schema from 'colloquy:form/NewPersona';
import type { JSX } from 'preact';
import { useRef } from 'preact/hooks';
import { useLocation } from 'wouter-preact';
import { useChange } from '../../api/queries.ts';
import { FieldControl, ResourceForm } from '../../forms/resource-form.tsx';
import { useForm } from '../../forms/use-form.ts';
import { TextField } from '../../parts/controls.tsx';
import { Page } from '../../parts/page.tsx';
import { personaStrings } from './strings.ts';
import type { Persona } from './types.ts';

export function NewPersona(): JSX.Element {
  const strings = personaStrings();
  const [, navigate] = useLocation();
  const form = useForm({ schema });
  const isAliasTyped = useRef(false);
  const add = useChange<object, Persona>((body, api) => api.call('POST', api.admin('personas'), { body }));
  return (
    <Page title={strings.new} back={{ href: '/', label: strings.title }}>
      <ResourceForm
        form={form}
        words={strings.words}
        action={strings.create}
        controls={{
          name: () => (
            <TextField
              label={strings.words.name.title}
              name="name"
              value={String(form.inputs.name ?? '')}
              problem={form.problems.name}
              onInput={(name) => {
                form.set('name', name);
                if (!isAliasTyped.current) form.set('alias', aliasOf(name));
              }}
            />
          ),
          alias: (field) => (
            <div
              onInput={() => {
                isAliasTyped.current = true;
              }}
            >
              <FieldControl form={form} field={field} words={strings.words.alias} />
            </div>
          ),
        }}
        onSubmit={() =>
          form.submit(async () => {
            const { id } = await add.mutateAsync(form.values());
            navigate(`/${id}`, { replace: true });
          })
        }
      />
    </Page>
  );
}

/** `Customer Support (EU)` → `customer-support-eu`. */
function aliasOf(name: string): string {
  const plain = name.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase();
  return plain
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 100);
}
