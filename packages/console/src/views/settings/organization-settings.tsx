/** What holds for all conversations of the organization. */
import changesSchema from 'colloquy:form/SettingsChanges';
import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { useApi } from '../../api/api.ts';
import { allOfThem, type List } from '../../api/list.ts';
import { useChange, useRead } from '../../api/queries.ts';
import { LimitsField, UsedLimits } from '../../forms/limits-field.tsx';
import { ResourceForm, type ResourceFormProps, useLeaveGuard } from '../../forms/resource-form.tsx';
import { useForm } from '../../forms/use-form.ts';
import { SelectField, TextField } from '../../parts/controls.tsx';
import { Card, pageStyles } from '../../parts/page.tsx';
import { Loaded, Note } from '../../parts/states.tsx';
import { tell } from '../../parts/toasts.tsx';
import { DefaultModel } from './default-model.tsx';
import { settingsStrings } from './strings.ts';
import type { NamedModel, Settings } from './types.ts';

export function OrganizationSettings(): JSX.Element {
  const api = useApi();
  const settings = useRead<Settings>(api.admin('settings'));
  const models = useRead<List<NamedModel>>(api.admin('models'), { query: { limit: allOfThem } });
  return (
    <Loaded of={settings}>
      {(data) => <Loaded of={models}>{({ data: all }) => <SettingsForm of={data} models={all} />}</Loaded>}
    </Loaded>
  );
}

const fields = [
  'titles',
  'summaries',
  'helper_model_id',
  'internet',
  'end_user_conversations',
  'title_prompt',
  'summary_prompt',
  'query_prompt',
  'limits',
  'end_user_limits',
];

interface SettingsFormProps {
  readonly of: Settings;
  readonly models: readonly NamedModel[];
}

function SettingsForm({ of: settings, models }: SettingsFormProps): JSX.Element {
  const strings = settingsStrings();
  const form = useForm({ schema: changesSchema, initial: settings, only: fields });
  const before = daysOf(settings);
  const [days, setDays] = useState(before);
  const isOther = days.prod !== before.prod || days.test !== before.test;
  const save = useChange<object, Settings>((body, api) => api.call('PATCH', api.admin('settings'), { body }));
  useLeaveGuard(form.isChanged || isOther);
  const submit = async () => {
    const done = await form.submit(() =>
      save.mutateAsync({
        ...form.changes(),
        ...(isOther && { retention_days: { prod: toDays(days.prod), test: toDays(days.test) } }),
      }),
    );
    if (done) tell(strings.saved);
  };
  return (
    <div class={pageStyles.columns}>
      <Card title={strings.answers}>
        <ResourceForm
          form={form}
          words={wordsOf(settings)}
          controls={{
            helper_model_id: ({ name }) => (
              <SelectField
                name={name}
                label={strings.helperModel}
                value={String(form.inputs[name] ?? '')}
                problem={form.problems[name]}
                onChange={(value) => form.set(name, value)}
                choices={[
                  { value: '', label: strings.ownModel },
                  ...models.map(({ id, name: label }) => ({ value: id, label })),
                ]}
              />
            ),
            limits: (field) => <LimitsField form={form} field={field} title={strings.ownLimits} />,
            end_user_limits: (field) => <LimitsField form={form} field={field} title={strings.userLimits} />,
          }}
          onSubmit={submit}
        >
          <h3>{strings.retention}</h3>
          <p class={pageStyles.dim}>{strings.retentionText}</p>
          <TextField
            label={strings.prodDays}
            isOptional
            value={days.prod}
            onInput={(prod) => setDays({ ...days, prod })}
          />
          <TextField
            label={strings.testDays}
            isOptional
            value={days.test}
            onInput={(test) => setDays({ ...days, test })}
          />
          {save.data?.warnings?.map((text) => (
            <Note key={text} tone="warn">
              {text}
            </Note>
          ))}
        </ResourceForm>
      </Card>
      <div class={pageStyles.form}>
        <DefaultModel models={models} />
        <Card title={strings.used}>
          <UsedLimits limits={settings.limits} consumed={settings.consumed} />
        </Card>
      </div>
    </div>
  );
}

/** The texts of the fields, with what holds where the organization sets nothing. */
function wordsOf({ defaults }: Settings): NonNullable<ResourceFormProps['words']> {
  const { words, searchedBy } = settingsStrings();
  const { titles, summaries, internet } = words;
  const withDefault = ({ choices, ...more }: typeof titles, value: 'on' | 'off') => ({
    ...more,
    choices: { ...choices, '': `${choices['']}: ${choices[value]}` },
  });
  return {
    ...words,
    titles: withDefault(titles, defaults.titles),
    summaries: withDefault(summaries, defaults.summaries),
    internet: { ...internet, hint: `${internet.hint} ${searchedBy(defaults.search_engine)}` },
  };
}

function daysOf({ retention_days: { prod, test } }: Settings) {
  return { prod: prod === null ? '' : String(prod), test: test === null ? '' : String(test) };
}

/** What is no number goes as it is, so that the server says what is wrong with it. */
function toDays(text: string): number | string | null {
  if (text.trim() === '') return null;
  const number = Number(text);
  return Number.isFinite(number) ? number : text;
}
