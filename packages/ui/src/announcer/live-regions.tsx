/** The regions that screen readers listen to: one polite, one assertive, for a whole page or widget. */
import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import theme from '../theme.module.css';
import type { Announcer } from './announcer.ts';

export function LiveRegions({ announcer }: { readonly announcer: Announcer }): JSX.Element {
  const [spoken, setSpoken] = useState(announcer.spoken);
  useEffect(() => {
    setSpoken(announcer.spoken);
    return announcer.subscribe(() => setSpoken(announcer.spoken));
  }, [announcer]);
  return (
    <>
      <div class={theme.hidden} role="status" aria-live="polite" aria-atomic="true">
        {spoken.polite}
      </div>
      <div class={theme.hidden} role="alert" aria-live="assertive" aria-atomic="true">
        {spoken.assertive}
      </div>
    </>
  );
}
