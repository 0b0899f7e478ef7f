/** Reads whether a conversation wants a title, for the engine: no scope is checked. */
import type { OrganizationSettings } from '../../domain/organization.ts';
import { statement } from '../statement.ts';
import type { ConversationRow, Database, OrganizationSettingsTable } from '../tables.ts';
import { settingsOrDefault } from './organization-settings.ts';

type Row = Pick<ConversationRow, 'title_source' | 'title_tries'> & {
  readonly [column in keyof OrganizationSettingsTable]: OrganizationSettingsTable[column] | null;
};

const byId = statement<{ id: string }, Row>((db, param) =>
  db
    .selectFrom('conversation')
    .leftJoin(
      'organization_settings',
      'organization_settings.organization_id',
      'conversation.organization_id',
    )
    .selectAll('organization_settings')
    .select(['conversation.title_source', 'conversation.title_tries'])
    .where('conversation.id', '=', param('id')),
);

export interface TitleState {
  /** Whether the title is still the automatic one. */
  readonly isAutomatic: boolean;
  /** How often a title was asked for in vain. */
  readonly tries: number;
  /** What the organization has set. */
  readonly settings: OrganizationSettings;
}

/** Undefined if the conversation is gone. */
export async function findTitleState(db: Database, conversationId: string): Promise<TitleState | undefined> {
  const [row] = await byId(db, { id: conversationId });
  if (row === undefined) return undefined;
  const { title_source, title_tries, ...settings } = row;
  const isSet = settings.organization_id !== null;
  return {
    isAutomatic: title_source === 'automatic',
    tries: title_tries,
    settings: settingsOrDefault(isSet ? (settings as OrganizationSettingsTable) : undefined),
  };
}
