/** The model that answers where nothing names one. */
import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { useApi } from '../../api/api.ts';
import { useChange, useRead } from '../../api/queries.ts';
import { useLeaveGuard } from '../../forms/resource-form.tsx';
import { Button, SelectField } from '../../parts/controls.tsx';
import { Card, pageStyles } from '../../parts/page.tsx';
import { ErrorState, Loaded, Note } from '../../parts/states.tsx';
import { tell } from '../../parts/toasts.tsx';
import { settingsStrings } from './strings.ts';
import type { NamedModel } from './types.ts';

interface DefaultModelProps {
  readonly models: readonly NamedModel[];
}

export function DefaultModel({ models }: DefaultModelProps): JSX.Element {
  const { organization } = useApi();
  const path = `/api/admin/organizations/${organization.id}`;
  const read = useRead<{ readonly default_model_id: string | null }>(path);
  return (
    <Card title={settingsStrings().defaultModel}>
      <Loaded of={read} lines={2}>
        {({ default_model_id: chosen }) => <Choice path={path} models={models} chosen={chosen ?? ''} />}
      </Loaded>
    </Card>
  );
}

interface ChoiceProps extends DefaultModelProps {
  readonly path: string;
  /** The id; empty: none. */
  readonly chosen: string;
}

function Choice({ path, models, chosen }: ChoiceProps): JSX.Element {
  const strings = settingsStrings();
  const [wanted, setWanted] = useState<string | undefined>(undefined);
  const value = wanted ?? chosen;
  const save = useChange<string>((id, api) =>
    api.call('PATCH', path, { body: { default_model_id: id === '' ? null : id } }),
  );
  useLeaveGuard(value !== chosen);
  const isIdle = models.some(({ id, is_active: isActive }) => id === value && !isActive);
  return (
    <form
      class={pageStyles.form}
      onSubmit={(event) => {
        event.preventDefault();
        if (save.isPending) return;
        save.mutate(value, {
          onSuccess() {
            setWanted(undefined);
            tell(strings.saved);
          },
        });
      }}
    >
      <SelectField
        label={strings.defaultModelLabel}
        hint={strings.defaultModelHint}
        value={value}
        onChange={setWanted}
        choices={[
          { value: '', label: strings.firstModel },
          ...models.map(({ id, name, is_active: isActive }) => ({
            value: id,
            label: isActive ? name : strings.idleModel(name),
          })),
        ]}
      />
      {isIdle && <Note tone="warn">{strings.idleModelText}</Note>}
      {save.error !== null && <ErrorState error={save.error} />}
      <div>
        <Button type="submit" look="primary" isBusy={save.isPending}>
          {strings.setDefaultModel}
        </Button>
      </div>
    </form>
  );
}
