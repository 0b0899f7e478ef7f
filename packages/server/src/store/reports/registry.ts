/** The reads that take long, by name. They run on threads of their own. */

import type { GenerationRecord } from '../../domain/generation.ts';
import type { OrganizationScope } from '../../domain/scope.ts';
import { type GenerationFilter, pageGenerations } from '../queries/generation-lists.ts';
import type { TimePage, TimePageRequest } from '../queries/page.ts';
import type { Database, StoreEngine } from '../tables.ts';
import { findOrganizationConversation, listOrganizationConversations } from './conversation-list.ts';
import { readUsage } from './usage-report.ts';
import { listOrganizationUsers } from './user-list.ts';

/** Each takes the thread's connection, its engine and plain data with the scope, and gives plain data. */
export const reports = {
  usage: readUsage,
  conversations: listOrganizationConversations,
  conversation: findOrganizationConversation,
  users: listOrganizationUsers,
  generations: listGenerations,
} as const;

interface GenerationList {
  readonly scope: OrganizationScope;
  readonly filter: GenerationFilter;
  readonly page: TimePageRequest;
}

function listGenerations(
  db: Database,
  _engine: StoreEngine,
  { scope, filter, page }: GenerationList,
): Promise<TimePage<GenerationRecord>> {
  return pageGenerations(db, scope, filter, page);
}

type Reports = typeof reports;
export type ReportName = keyof Reports;
export type ReportArgs<N extends ReportName> = Parameters<Reports[N]>[2];
export type ReportResult<N extends ReportName> = Awaited<ReturnType<Reports[N]>>;
