/** A secret that is shown once, with a call that works with it. */
import type { JSX } from 'preact';
import { useApi } from '../../api/api.ts';
import { basePath } from '../../api/request.ts';
import { Card, Code, pageStyles } from '../../parts/page.tsx';
import { Note } from '../../parts/states.tsx';
import { exampleCall } from './key-facts.ts';
import { keyStrings } from './strings.ts';
import type { NewKey, Persona } from './types.ts';

interface SecretProps {
  readonly made: NewKey;
  readonly personas: readonly Persona[];
}

export function Secret({ made, personas }: SecretProps): JSX.Element {
  const strings = keyStrings();
  const { organization } = useApi();
  if (made.key === undefined) return <Note>{strings.replayed}</Note>;
  const server = `${location.origin}${basePath}`;
  const call = exampleCall(made, made.key, { server, organizationId: organization.id, personas });
  return (
    <Card title={strings.secretTitle}>
      <p>{strings.secretText}</p>
      <Code label={strings.secret} text={made.key} />
      <h3>{strings.tryIt}</h3>
      <p class={pageStyles.dim}>{strings.tryText}</p>
      <Code label={strings.tryIt} text={call} />
      <Warnings of={made.warnings} />
    </Card>
  );
}

/** What to know about a budget that was saved. */
export function Warnings({ of: warnings = [] }: { readonly of: readonly string[] | undefined }) {
  if (warnings.length === 0) return null;
  return (
    <Note tone="warn">
      {keyStrings().warnings}
      <ul>
        {warnings.map((text) => (
          <li key={text}>{text}</li>
        ))}
      </ul>
    </Note>
  );
}
