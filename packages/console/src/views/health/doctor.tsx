/** What stands between browsers and the server, as the server itself finds out. */
import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { useChange } from '../../api/queries.ts';
import { ApiError, basePath } from '../../api/request.ts';
import { Badge, Button, TextField, type Tone } from '../../parts/controls.tsx';
import { Card, Code, pageStyles } from '../../parts/page.tsx';
import { ErrorState, Note } from '../../parts/states.tsx';
import { Table } from '../../parts/table.tsx';
import { healthStrings } from './strings.ts';
import type { Examination } from './types.ts';

const tones: Readonly<Record<Examination['findings'][number]['verdict'], Tone>> = {
  ok: 'good',
  note: 'warn',
  bad: 'danger',
};

export function Doctor(): JSX.Element {
  const strings = healthStrings();
  const [address, setAddress] = useState(`${location.origin}${basePath}`);
  const examine = useChange<string, Examination>(
    (typed, api) => api.call('POST', '/api/admin/doctor', { body: { address: typed.trim() } }),
    () => [],
  );
  const { error } = examine;
  const problem = error instanceof ApiError && error.field === 'address' ? error.message : undefined;
  return (
    <Card title={strings.doctor}>
      <p>{strings.doctorText}</p>
      <form
        class={pageStyles.form}
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          if (!examine.isPending) examine.mutate(address);
        }}
      >
        <TextField
          label={strings.doctorAddress}
          hint={strings.doctorHint}
          type="url"
          value={address}
          onInput={setAddress}
          problem={problem}
        />
        <div>
          <Button type="submit" isBusy={examine.isPending}>
            {strings.examine}
          </Button>
        </div>
      </form>
      {error !== null && problem === undefined && <ErrorState error={error} />}
      <div role="status" class={pageStyles.form}>
        {examine.isPending && <p class={pageStyles.dim}>{strings.examining}</p>}
        {examine.data && !examine.isPending && <Told of={examine.data} />}
      </div>
      {examine.data && !examine.isPending && <Found of={examine.data} />}
      <p>{strings.elsewhere}</p>
      <Code label={strings.command} text={`npx colloquy doctor ${address.trim()}`} />
    </Card>
  );
}

interface ExaminationProps {
  readonly of: Examination;
}

/** What came of it, in a sentence. */
function Told({ of: { address, problem, findings } }: ExaminationProps): JSX.Element {
  const strings = healthStrings();
  if (problem !== null) return <Note tone="warn">{strings.unreached(address, problem)}</Note>;
  if (findings.some(({ verdict }) => verdict === 'bad'))
    return <Note tone="warn">{strings.someBad(address)}</Note>;
  return <Note>{strings.allGood(address)}</Note>;
}

function Found({ of: { route, findings } }: ExaminationProps): JSX.Element {
  const strings = healthStrings();
  return (
    <>
      {findings.length > 0 && (
        <Table
          label={strings.doctor}
          rows={findings}
          keyOf={({ name }) => name}
          columns={[
            { title: strings.check, isMain: true, show: ({ name }) => strings.checks[name] },
            {
              title: strings.verdict,
              show: ({ verdict }) => <Badge tone={tones[verdict]}>{strings.verdicts[verdict]}</Badge>,
            },
            { title: strings.measured, show: ({ measured }) => measured },
            { title: strings.advice, show: ({ advice }) => advice ?? '–' },
          ]}
        />
      )}
      <p class={pageStyles.dim}>{route}</p>
    </>
  );
}
