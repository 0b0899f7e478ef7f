/** One model: how it does, its settings, and what can be done with it. */
import settingsSchema from 'colloquy:form/ModelChanges';
import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { useLocation } from 'wouter-preact';
import { useApi } from '../../api/api.ts';
import { useChange, useRead } from '../../api/queries.ts';
import { ResourceForm, useLeaveGuard } from '../../forms/resource-form.tsx';
import { useForm } from '../../forms/use-form.ts';
import { formatAgo, formatDuration, formatNumber } from '../../i18n/format.ts';
import { Badge, Button, TextField } from '../../parts/controls.tsx';
import { Confirm } from '../../parts/dialog.tsx';
import { LoadedPage } from '../../parts/loaded-page.tsx';
import { Card, Facts, Page, pageStyles } from '../../parts/page.tsx';
import { ErrorState, Note } from '../../parts/states.tsx';
import { partStrings } from '../../parts/strings.ts';
import { tell } from '../../parts/toasts.tsx';
import { contextOf, LastDay, ModelState, pricesOf } from './model-list.tsx';
import { modelStrings } from './strings.ts';
import type { Model, ModelTest } from './types.ts';

export function ModelPage({ id }: { readonly id: string }): JSX.Element {
  const strings = modelStrings();
  const api = useApi();
  const model = useRead<Model>(api.admin(`models/${encodeURIComponent(id)}`));
  return (
    <LoadedPage of={model} back={{ href: '/', label: strings.title }}>
      {(data) => (
        <Page
          title={data.name}
          back={{ href: '/', label: strings.title }}
          badges={
            <>
              <ModelState model={data} />
              {data.from_environment && <Badge>{strings.fromEnvironment}</Badge>}
            </>
          }
          actions={<Actions model={data} />}
        >
          {data.from_environment && <Note>{strings.fromEnvironmentHint}</Note>}
          <div class={pageStyles.columns}>
            <About model={data} />
            <Card title={strings.edit}>
              <Settings key={data.id} model={data} />
            </Card>
          </div>
        </Page>
      )}
    </LoadedPage>
  );
}

function About({ model }: { readonly model: Model }): JSX.Element {
  const strings = modelStrings();
  const { learnt, last_test: test } = model;
  const known = [
    learnt?.context_window != null && strings.learntWindow(formatNumber(learnt.context_window)),
    learnt !== null &&
      learnt.refused_parameters.length > 0 &&
      strings.learntRefused(learnt.refused_parameters.join(partStrings().comma)),
  ].filter((text) => text !== false);
  return (
    <div class={pageStyles.form}>
      <Card>
        <Facts
          of={[
            [strings.provider, model.preset ?? model.provider],
            [strings.model, <code key="model">{model.model}</code>],
            [strings.address, model.base_url],
            [strings.context, contextOf(model)],
            [strings.prices, pricesOf(model)],
            [strings.lastDay, <LastDay key="day" model={model} />],
            [strings.learnt, known.length === 0 ? null : known.join('; ')],
          ]}
        />
      </Card>
      <Card title={strings.testTitle} actions={<TestButton model={model} />}>
        {test === null ? (
          <p>{strings.neverTested}</p>
        ) : (
          <>
            <TestResult test={test} />
            <p class={pageStyles.dim}>{formatAgo(test.at)}</p>
          </>
        )}
      </Card>
    </div>
  );
}

function TestButton({ model }: { readonly model: Model }): JSX.Element {
  const strings = modelStrings();
  const test = useChange<void, ModelTest>((_, api) => api.call('POST', api.admin(`models/${model.id}/test`)));
  return (
    <>
      <Button icon="play" isBusy={test.isPending} onClick={() => test.mutate()}>
        {strings.test}
      </Button>
      {test.error !== null && <ErrorState error={test.error} />}
    </>
  );
}

export function TestResult({ test }: { readonly test: ModelTest }): JSX.Element {
  const strings = modelStrings();
  return (
    <div>
      {test.ok ? (
        <Badge tone="good">{strings.answeredIn(formatDuration(test.latency_ms))}</Badge>
      ) : (
        <>
          <Badge tone="danger">{strings.failed}</Badge> {test.error}
        </>
      )}
      {test.hint !== null && <p>{strings.hint(test.hint)}</p>}
    </div>
  );
}

/** What the environment says of a model can't be changed here. */
const changeable = ['name', 'base_url', 'api_key', 'context_window', 'max_output_tokens', 'can_continue'];
const changeableOfEnvironment = ['name', 'context_window', 'max_output_tokens'];

function Settings({ model }: { readonly model: Model }): JSX.Element {
  const strings = modelStrings();
  const save = useChange((changes: object, api) =>
    api.call('PATCH', api.admin(`models/${model.id}`), { body: changes }),
  );
  const isBuiltIn = model.provider === 'guide' || model.provider === 'local';
  const form = useForm({
    schema: settingsSchema,
    initial: model,
    only: model.from_environment || isBuiltIn ? changeableOfEnvironment : changeable,
  });
  const [prices, setPrices] = useState(() => ({
    input: model.prices === null ? '' : String(model.prices.input),
    output: model.prices === null ? '' : String(model.prices.output),
  }));
  const asked = JSON.stringify(toPrices(prices));
  const isPriceChanged = asked !== JSON.stringify(model.prices);
  const isHalf = (prices.input.trim() === '') !== (prices.output.trim() === '');
  useLeaveGuard(form.isChanged || isPriceChanged);
  const submit = async () => {
    if (isHalf) return;
    const done = await form.submit(async () => {
      const { api_key: key, ...changes } = form.changes();
      await save.mutateAsync({
        ...changes,
        // What is left empty stays as it is.
        ...(typeof key === 'string' && key !== '' && { api_key: key }),
        ...(isPriceChanged && { prices: toPrices(prices) }),
      });
    });
    if (done) tell(strings.saved);
  };
  return (
    <ResourceForm form={form} words={strings.words} onSubmit={submit}>
      <TextField
        label={strings.priceIn}
        type="text"
        isOptional
        value={prices.input}
        problem={isHalf ? strings.priceBoth : undefined}
        onInput={(input) => setPrices({ ...prices, input })}
      />
      <TextField
        label={strings.priceOut}
        type="text"
        isOptional
        hint={strings.priceHint}
        value={prices.output}
        onInput={(output) => setPrices({ ...prices, output })}
      />
    </ResourceForm>
  );
}

function toPrices({ input, output }: { readonly input: string; readonly output: string }) {
  if (input.trim() === '' || output.trim() === '') return null;
  return { input: Number(input.replace(',', '.')), output: Number(output.replace(',', '.')) };
}

function Actions({ model }: { readonly model: Model }): JSX.Element {
  const strings = modelStrings();
  const [, navigate] = useLocation();
  const [isAsking, setAsking] = useState(false);
  const change = useChange((body: object, api) =>
    api.call('PATCH', api.admin(`models/${model.id}`), { body }),
  );
  const remove = useChange(
    (_: undefined, api) => api.call('DELETE', api.admin(`models/${model.id}`)),
    (_, api) => [api.admin('models')],
  );
  return (
    <>
      {change.error !== null && <ErrorState error={change.error} />}
      <Button isBusy={change.isPending} onClick={() => change.mutate({ is_active: !model.is_active })}>
        {model.is_active ? strings.deactivate : strings.activate}
      </Button>
      {!model.from_environment && (
        <Button look="danger" icon="trash" onClick={() => setAsking(true)}>
          {strings.delete}
        </Button>
      )}
      {isAsking && (
        <Confirm
          title={strings.deleteTitle(model.name)}
          name={model.name}
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
    </>
  );
}
