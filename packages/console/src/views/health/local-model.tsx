/** The local model of the environment, and how far it is; nothing where it is off. */
import type { JSX } from 'preact';
import { formatBytes, formatPercent } from '../../i18n/format.ts';
import { Card, Facts } from '../../parts/page.tsx';
import { healthStrings } from './strings.ts';
import type { Health } from './types.ts';

const underWay: readonly string[] = ['fetching', 'verifying', 'loading'];

export function LocalModel({ of: { local_model: local } }: { readonly of: Health }): JSX.Element | null {
  const strings = healthStrings();
  if (local === null || local.state === 'off') return null;
  const { name, state, percent, problem, bytes } = local;
  const told = strings.localStates[state];
  return (
    <Card title={strings.localModel}>
      <Facts
        of={[
          [strings.localName, name],
          [
            strings.localState,
            underWay.includes(state) ? strings.localProgress(told, formatPercent(percent / 100)) : told,
          ],
          [strings.localSize, bytes === null ? null : formatBytes(bytes)],
        ]}
      />
      {underWay.includes(state) && <progress max={100} value={percent} aria-label={told} />}
      {problem !== null && <p>{problem}</p>}
    </Card>
  );
}
