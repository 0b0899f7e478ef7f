/** Addresses that are told of what happens, and what they were told. */
import type { JSX } from 'preact';
import { useId, useState } from 'preact/hooks';
import { useApi } from '../../api/api.ts';
import { allOfThem, type List } from '../../api/list.ts';
import { useChange, useRead } from '../../api/queries.ts';
import { ApiError } from '../../api/request.ts';
import { submitted } from '../../forms/submitted.ts';
import { formatAgo, formatNumber, formatTime } from '../../i18n/format.ts';
import { Badge, Button, CheckField, TextField, type Tone } from '../../parts/controls.tsx';
import { Confirm, Dialog } from '../../parts/dialog.tsx';
import { Card, Code, pageStyles } from '../../parts/page.tsx';
import { Pager, useCursor } from '../../parts/pager.tsx';
import { EmptyState, ErrorState, Loaded } from '../../parts/states.tsx';
import { partStrings } from '../../parts/strings.ts';
import { Table } from '../../parts/table.tsx';
import { tell } from '../../parts/toasts.tsx';
import { useUrlState } from '../../state/url-state.ts';
import { settingsStrings } from './strings.ts';
import type { Delivery, Webhook } from './types.ts';

type NewWebhook = Webhook & { readonly secret?: string };

export function Webhooks(): JSX.Element {
  const strings = settingsStrings();
  const api = useApi();
  const [shown, setShown] = useUrlState('webhook');
  const [isAdding, setAdding] = useState(false);
  const [made, setMade] = useState<NewWebhook | undefined>(undefined);
  const webhooks = useRead<List<Webhook>>(api.admin('webhooks'), { query: { limit: allOfThem } });
  const add = (
    <Button icon="plus" look="primary" onClick={() => setAdding(true)}>
      {strings.addWebhook}
    </Button>
  );
  return (
    <>
      {made?.secret !== undefined && (
        <Card title={strings.secretTitle}>
          <p>{strings.secretText}</p>
          <Code label={strings.secret} text={made.secret} />
        </Card>
      )}
      <Loaded of={webhooks}>
        {({ data }) =>
          data.length === 0 ? (
            <EmptyState title={strings.emptyWebhooks} action={add}>
              {strings.emptyWebhooksText}
            </EmptyState>
          ) : (
            <>
              <div>{add}</div>
              {data.map((webhook) => (
                <OneWebhook
                  key={webhook.id}
                  of={webhook}
                  isOpen={webhook.id === shown}
                  onToggle={() => setShown(webhook.id === shown ? '' : webhook.id, { cursor: '' })}
                />
              ))}
            </>
          )
        }
      </Loaded>
      {isAdding && (
        <NewWebhookDialog
          onMade={(webhook) => {
            setAdding(false);
            setMade(webhook);
          }}
          onClose={() => setAdding(false)}
        />
      )}
    </>
  );
}

interface OneWebhookProps {
  readonly of: Webhook;
  readonly isOpen: boolean;
  readonly onToggle: () => void;
}

function OneWebhook({ of: webhook, isOpen, onToggle }: OneWebhookProps): JSX.Element {
  const strings = settingsStrings();
  const [isAsking, setAsking] = useState(false);
  const change = useChange<object>((body, api) =>
    api.call('PATCH', api.admin(`webhooks/${webhook.id}`), { body }),
  );
  const remove = useChange<void>(
    (_, api) => api.call('DELETE', api.admin(`webhooks/${webhook.id}`)),
    (_, api) => [api.admin('webhooks')],
  );
  return (
    <Card
      title={webhook.url}
      actions={
        <>
          <Button isExpanded={isOpen} onClick={onToggle}>
            {strings.deliveries}
          </Button>
          <Button isBusy={change.isPending} onClick={() => change.mutate({ is_active: !webhook.is_active })}>
            {webhook.is_active ? strings.deactivate : strings.activate}
          </Button>
          <Button icon="trash" look="danger" label={strings.delete} onClick={() => setAsking(true)} />
        </>
      }
    >
      {change.error !== null && <ErrorState error={change.error} />}
      <div class={pageStyles.row}>
        <Badge tone={webhook.is_active ? 'good' : 'warn'}>
          {webhook.is_active ? strings.active : strings.inactive}
        </Badge>
        {webhook.failing_since !== null && (
          <Badge tone="danger">{strings.failing(formatAgo(webhook.failing_since))}</Badge>
        )}
        {webhook.description !== null && <span>{webhook.description}</span>}
      </div>
      <p class={pageStyles.dim}>{webhook.events.join(', ')}</p>
      {isOpen && !remove.isPending && !remove.isSuccess && <Deliveries webhookId={webhook.id} />}
      {isAsking && (
        <Confirm
          title={strings.deleteTitle(webhook.url)}
          name={webhook.url}
          action={strings.delete}
          onClose={() => setAsking(false)}
          onConfirm={async () => {
            await remove.mutateAsync();
            tell(strings.deleted);
          }}
        >
          {strings.deleteText}
        </Confirm>
      )}
    </Card>
  );
}

const tones: Readonly<Record<Delivery['status'], Tone>> = {
  pending: 'accent',
  delivered: 'good',
  failed: 'danger',
};

/** How often deliveries are read again, in milliseconds. */
const refreshMs = 3_000;

function Deliveries({ webhookId }: { readonly webhookId: string }): JSX.Element {
  const strings = settingsStrings();
  const api = useApi();
  const cursor = useCursor();
  const path = api.admin(`webhooks/${webhookId}/deliveries`);
  const deliveries = useRead<List<Delivery>>(path, { query: { cursor }, intervalMs: refreshMs });
  const resend = useChange<string>(
    (id, inside) => inside.call('POST', `${path}/${id}/resend`),
    () => [path],
  );
  return (
    <Loaded of={deliveries} lines={2}>
      {({ data, next_cursor: next }) => (
        <>
          {resend.error !== null && <ErrorState error={resend.error} />}
          {data.length === 0 ? (
            <p>{strings.noDeliveries}</p>
          ) : (
            <Table
              label={strings.deliveries}
              rows={data}
              keyOf={({ id }) => id}
              columns={[
                { title: strings.time, isMain: true, show: ({ timestamp }) => formatTime(timestamp) },
                { title: strings.event, show: ({ type }) => <code>{type}</code> },
                {
                  title: strings.state,
                  show: ({ status }) => <Badge tone={tones[status]}>{strings.deliveryStates[status]}</Badge>,
                },
                { title: strings.attempts, align: 'end', show: ({ attempts }) => formatNumber(attempts) },
                {
                  title: strings.answer,
                  show: ({ response_status: status, error }) =>
                    error ?? (status === null ? '–' : String(status)),
                },
                {
                  title: '',
                  show: ({ id }) => (
                    <Button
                      icon="refresh"
                      onClick={() => resend.mutate(id, { onSuccess: () => tell(strings.resent) })}
                    >
                      {strings.resend}
                    </Button>
                  ),
                },
              ]}
            />
          )}
          <Pager next={next} />
        </>
      )}
    </Loaded>
  );
}

const events = [
  'generation.completed',
  'generation.failed',
  'conversation.deleted',
  'user.erased',
  'budget.reached',
] as const;

interface NewWebhookProps {
  readonly onMade: (webhook: NewWebhook) => void;
  readonly onClose: () => void;
}

function NewWebhookDialog({ onMade, onClose }: NewWebhookProps): JSX.Element {
  const strings = settingsStrings();
  const [url, setUrl] = useState('');
  const [description, setDescription] = useState('');
  const [chosen, setChosen] = useState<ReadonlySet<string>>(() => new Set(events.slice(0, 2)));
  const form = useId();
  const make = useChange<string, NewWebhook>((address, api) =>
    api.call('POST', api.admin('webhooks'), {
      body: { url: address, events: [...chosen], ...(description.trim() !== '' && { description }) },
    }),
  );
  const isAtUrl = make.error instanceof ApiError && make.error.field === 'url';
  const choose = (event: string, isChosen: boolean) => {
    const next = new Set(chosen);
    if (isChosen) next.add(event);
    else next.delete(event);
    setChosen(next);
  };
  return (
    <Dialog
      title={strings.addWebhook}
      onClose={onClose}
      foot={
        <>
          <Button onClick={onClose}>{partStrings().cancel}</Button>
          <Button type="submit" form={form} look="primary" isBusy={make.isPending}>
            {strings.addWebhook}
          </Button>
        </>
      }
    >
      <form
        id={form}
        class={pageStyles.form}
        onSubmit={(event) => {
          event.preventDefault();
          make.mutate(submitted(event, 'url').trim(), { onSuccess: onMade });
        }}
      >
        <TextField
          label={strings.url}
          name="url"
          value={url}
          onInput={setUrl}
          placeholder="https://hooks.example.com/colloquy"
          problem={isAtUrl ? make.error?.message : undefined}
        />
        <TextField label={strings.description} isOptional value={description} onInput={setDescription} />
        <fieldset class={pageStyles.form}>
          <legend>{strings.events}</legend>
          {events.map((event) => (
            <CheckField
              key={event}
              label={<code>{event}</code>}
              isChecked={chosen.has(event)}
              onChange={(isChosen) => choose(event, isChosen)}
            />
          ))}
        </fieldset>
        {make.error !== null && !isAtUrl && <ErrorState error={make.error} />}
      </form>
    </Dialog>
  );
}
