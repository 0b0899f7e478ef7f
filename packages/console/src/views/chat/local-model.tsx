/** How far the local model is: until it is there, the guide answers. */
import { useQuery } from '@tanstack/preact-query';
import type { JSX } from 'preact';
import { call } from '../../api/request.ts';
import { Note } from '../../parts/states.tsx';
import styles from './chat.module.css';
import { chatStrings } from './strings.ts';

interface Readiness {
  readonly models: {
    readonly local?: { readonly state: string; readonly percent: number };
  };
}

const busy: ReadonlySet<string> = new Set(['absent', 'fetching', 'verifying', 'loading']);
/** Milliseconds between two looks while it is on its way. */
const lookMs = 2_000;

export function LocalModelProgress({ onReady }: { readonly onReady: () => void }): JSX.Element | null {
  const strings = chatStrings();
  const { data } = useQuery<string, Error>({
    queryKey: ['local-model'],
    async queryFn() {
      const { local } = (await call<Readiness>('GET', '/readyz')).models;
      const wasBusy = data !== undefined && data !== '';
      if (local === undefined || !busy.has(local.state)) {
        if (wasBusy) onReady();
        return '';
      }
      return `${local.state} ${local.percent}`;
    },
    refetchInterval: ({ state }) => (state.data === undefined || state.data === '' ? false : lookMs),
  });
  if (data === undefined || data === '') return null;
  const [state = '', percent = '0'] = data.split(' ');
  return (
    <div class={styles.progress}>
      <Note>
        {state === 'fetching' ? strings.fetching(percent) : strings.loadingModel}
        {state === 'fetching' && (
          <progress
            class={styles.bar}
            max={100}
            value={Number(percent)}
            aria-label={strings.fetching(percent)}
          />
        )}
      </Note>
    </div>
  );
}
