/** Adding models: the provider, its key, what it offers, and a test call of each that was chosen. */
import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { useApi } from '../../api/api.ts';
import type { List } from '../../api/list.ts';
import { useChange, useRead } from '../../api/queries.ts';
import { ApiError } from '../../api/request.ts';
import { formatCompact } from '../../i18n/format.ts';
import { Badge, Button, CheckField, LinkButton, TextField } from '../../parts/controls.tsx';
import { Card, Page, pageStyles } from '../../parts/page.tsx';
import { ErrorState, Loaded, Note } from '../../parts/states.tsx';
import { TestResult } from './model-page.tsx';
import styles from './models.module.css';
import { modelStrings } from './strings.ts';
import type { Discovery, Model, ModelTest, Provider } from './types.ts';

export function AddModels(): JSX.Element {
  const strings = modelStrings();
  const [provider, setProvider] = useState<Provider | undefined>(undefined);
  const providers = useRead<List<Provider>>('/api/admin/providers');
  return (
    <Page title={strings.add} back={{ href: '/', label: strings.title }}>
      {provider === undefined ? (
        <Loaded of={providers}>
          {({ data }) => <ProviderChoice providers={data} onChoose={setProvider} />}
        </Loaded>
      ) : (
        <Connection provider={provider} onBack={() => setProvider(undefined)} />
      )}
    </Page>
  );
}

interface ProviderChoiceProps {
  readonly providers: readonly Provider[];
  readonly onChoose: (provider: Provider) => void;
}

/** Names of providers are those of the server; what has none is named in the language that is shown. */
function titleOf({ provider, preset, title }: Provider): string {
  return provider === 'openai-compatible' && preset === null ? modelStrings().anotherServer : title;
}

function ProviderChoice({ providers, onChoose }: ProviderChoiceProps): JSX.Element {
  const strings = modelStrings();
  const isOwn = ({ base_url: address, required }: Provider) =>
    required.includes('base_url') || /\/\/(localhost|127\.|\[::1\])/.test(address ?? '');
  const groups = [
    [strings.hosted, providers.filter((one) => !isOwn(one))],
    [strings.own, providers.filter(isOwn)],
  ] as const;
  return (
    <>
      <p>{strings.chooseProvider}</p>
      {groups.map(([title, members]) => (
        <section key={title} class={styles.results}>
          <h2>{title}</h2>
          <div class={styles.providers}>
            {members.map((one) => (
              <button
                key={one.preset ?? one.provider}
                type="button"
                class={styles.provider}
                onClick={() => onChoose(one)}
              >
                {titleOf(one)}
                <small dir="ltr">{one.base_url ?? one.example_base_url}</small>
              </button>
            ))}
          </div>
        </section>
      ))}
    </>
  );
}

interface ConnectionProps {
  readonly provider: Provider;
  readonly onBack: () => void;
}

function Connection({ provider, onBack }: ConnectionProps): JSX.Element {
  const strings = modelStrings();
  const { isOperator } = useApi();
  const [address, setAddress] = useState(provider.base_url ?? '');
  const [key, setKey] = useState('');
  const connection = {
    provider: provider.provider,
    ...(provider.preset !== null && { preset: provider.preset }),
    ...(address.trim() !== '' && address.trim() !== provider.base_url && { base_url: address.trim() }),
    ...(key !== '' && { api_key: key }),
  };
  const discover = useChange<void, Discovery>(
    (_, api) => api.call('POST', api.admin('models/discover'), { body: connection }),
    () => [],
  );
  const problemAt = (field: string) =>
    discover.error instanceof ApiError && discover.error.field === field ? discover.error.message : undefined;
  const isNamed = problemAt('base_url') !== undefined || problemAt('api_key') !== undefined;
  return (
    <div class={pageStyles.form}>
      <Card title={titleOf(provider)} actions={<Button onClick={onBack}>{strings.back}</Button>}>
        <form
          class={pageStyles.form}
          onSubmit={(event) => {
            event.preventDefault();
            discover.mutate();
          }}
        >
          <p>
            <a href={provider.documentation} target="_blank" rel="noopener noreferrer">
              {strings.documentation}
            </a>
          </p>
          <TextField
            label={strings.address}
            name="base_url"
            value={address}
            onInput={setAddress}
            isOptional={!provider.required.includes('base_url')}
            placeholder={provider.base_url ?? provider.example_base_url ?? undefined}
            problem={problemAt('base_url')}
            {...(!isOperator && { hint: strings.addressOperator })}
          />
          <TextField
            label={strings.key}
            name="api_key"
            type="password"
            autoComplete="new-password"
            value={key}
            onInput={setKey}
            hint={strings.keyHint}
            isOptional={!provider.required.includes('api_key')}
            problem={problemAt('api_key')}
          />
          <div class={pageStyles.row}>
            <Button type="submit" look="primary" icon="search" isBusy={discover.isPending}>
              {strings.list}
            </Button>
          </div>
        </form>
        {discover.error !== null && !isNamed && <ErrorState error={discover.error} />}
      </Card>
      {discover.data !== undefined && (
        <Offers
          key={discover.submittedAt}
          provider={provider}
          found={discover.data}
          connection={{
            ...connection,
            ...(discover.data.base_url !== null &&
              discover.data.base_url !== provider.base_url && { base_url: discover.data.base_url }),
          }}
        />
      )}
    </div>
  );
}

interface OffersProps {
  readonly provider: Provider;
  readonly found: Discovery;
  readonly connection: object;
}

function Offers({ provider, found, connection }: OffersProps): JSX.Element {
  const strings = modelStrings();
  const [selected, setSelected] = useState<ReadonlySet<string>>(() => new Set());
  const [named, setNamed] = useState('');
  const [filter, setFilter] = useState('');
  const [begun, setBegun] = useState<readonly string[] | undefined>(undefined);
  if (begun !== undefined) return <Additions connection={connection} models={begun} />;
  const shown = found.models.filter(({ model }) => model.toLowerCase().includes(filter.trim().toLowerCase()));
  const wanted = [...selected, ...(named.trim() === '' ? [] : [named.trim()])];
  const toggle = (model: string, isChosen: boolean) => {
    const next = new Set(selected);
    if (isChosen) next.add(model);
    else next.delete(model);
    setSelected(next);
  };
  return (
    <Card title={found.ok ? strings.offered(found.models.length) : strings.listFailed}>
      {found.error !== null && <Note tone="warn">{found.error}</Note>}
      {found.hint !== null && <Note>{strings.hint(found.hint)}</Note>}
      {found.models.length > 8 && (
        <TextField label={strings.filter} type="search" value={filter} onInput={setFilter} />
      )}
      {found.models.length > 0 && (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls is reached by the keyboard.
        <fieldset class={styles.offers} aria-label={strings.offered(found.models.length)} tabIndex={0}>
          {shown.map(({ model, context_window: tokens }) => (
            <CheckField
              key={model}
              label={model}
              {...(tokens !== null && { hint: strings.tokens(formatCompact(tokens)) })}
              isChecked={selected.has(model)}
              onChange={(isChosen) => toggle(model, isChosen)}
            />
          ))}
        </fieldset>
      )}
      <TextField
        label={strings.byName}
        hint={strings.byNameHint}
        value={named}
        onInput={setNamed}
        placeholder={provider.default_model ?? undefined}
      />
      <div class={pageStyles.row}>
        <Button look="primary" isDisabled={wanted.length === 0} onClick={() => setBegun(wanted)}>
          {strings.addSelected(wanted.length)}
        </Button>
        {wanted.length === 0 && <span class={pageStyles.dim}>{strings.chooseOne}</span>}
      </div>
    </Card>
  );
}

type Addition =
  | { readonly state: 'adding' | 'testing' }
  | { readonly state: 'done'; readonly test: ModelTest }
  | { readonly state: 'failed'; readonly error: unknown };

/** Adds one after the other, so that a wrong key is told once before ten were made with it. */
function Additions({
  connection,
  models,
}: {
  readonly connection: object;
  readonly models: readonly string[];
}) {
  const strings = modelStrings();
  const [additions, setAdditions] = useState<Readonly<Record<string, Addition>>>({});
  const add = useChange<readonly string[]>(async (names, api) => {
    const tellOf = (model: string, addition: Addition) =>
      setAdditions((before) => ({ ...before, [model]: addition }));
    for (const model of names) {
      tellOf(model, { state: 'adding' });
      try {
        const body = { ...connection, name: nameOf(model), model };
        const { id } = await api.call<Model>('POST', api.admin('models'), { body });
        tellOf(model, { state: 'testing' });
        tellOf(model, { state: 'done', test: await api.call('POST', api.admin(`models/${id}/test`)) });
      } catch (error) {
        tellOf(model, { state: 'failed', error });
      }
    }
  });
  useEffect(() => add.mutate(models), []);
  return (
    <Card title={add.isPending ? strings.adding : strings.added}>
      <ul class={styles.results} aria-live="polite">
        {models.map((model) => (
          <li key={model}>
            <strong>{model}</strong> <AdditionState addition={additions[model]} />
          </li>
        ))}
      </ul>
      {!add.isPending && (
        <div>
          <LinkButton href="/" look="primary">
            {strings.done}
          </LinkButton>
        </div>
      )}
    </Card>
  );
}

function AdditionState({ addition }: { readonly addition: Addition | undefined }): JSX.Element | null {
  const strings = modelStrings();
  if (addition === undefined) return null;
  if (addition.state === 'done') return <TestResult test={addition.test} />;
  if (addition.state === 'failed') return <ErrorState error={addition.error} />;
  return <Badge tone="accent">{addition.state === 'adding' ? strings.adding : strings.testing}</Badge>;
}

/** `openai/gpt-5-mini` → `gpt-5-mini`: the name can be changed afterwards. */
function nameOf(model: string): string {
  return model.slice(model.lastIndexOf('/') + 1) || model;
}
