/** One's own account, what holds for the whole organization, and for operators, for the server. */
import { Tabs } from '@colloquy/ui/controls';
import type { JSX } from 'preact';
import { useApi } from '../../api/api.ts';
import { Page } from '../../parts/page.tsx';
import { useUrlState } from '../../state/url-state.ts';
import { AuditTrail } from './audit-trail.tsx';
import { OrganizationSettings } from './organization-settings.tsx';
import { OwnSettings } from './own-settings.tsx';
import { ServerSettings } from './server-settings.tsx';
import styles from './settings.module.css';
import { settingsStrings } from './strings.ts';
import { Webhooks } from './webhooks.tsx';

const tabs = {
  own: OwnSettings,
  organization: OrganizationSettings,
  webhooks: Webhooks,
  audit: AuditTrail,
  server: ServerSettings,
} as const;
type TabName = keyof typeof tabs;

export default function SettingsView(): JSX.Element {
  const strings = settingsStrings();
  const { mayAdminister, isOperator } = useApi();
  const [asked, setTab] = useUrlState('tab', 'own');
  const maySee = (name: TabName) => name === 'own' || (name === 'server' ? isOperator : mayAdminister);
  const names = (Object.keys(tabs) as TabName[]).filter(maySee);
  const shown = names.find((name) => name === asked) ?? 'own';
  const Shown = tabs[shown];
  return (
    <Page title={strings.title}>
      <Tabs
        label={strings.title}
        tabs={names.map((id) => ({ id, label: strings.tabs[id] }))}
        selected={shown}
        onSelect={(name) => setTab(name, { cursor: '', webhook: '' })}
      >
        <div class={styles.panel}>
          <Shown />
        </div>
      </Tabs>
    </Page>
  );
}
