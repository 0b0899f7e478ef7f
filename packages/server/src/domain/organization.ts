/** Organizations, their settings and their members. */

import { type Limits, noLimits } from './limits/limits.ts';
import type { Environment } from './scope.ts';

/** What a setting of the kind "whether" can be. */
export const switches = ['on', 'off'] as const;
export type Switch = (typeof switches)[number];

/** Who may read the conversations of end users: owners and admins, or guests and members too. */
export const endUserReaders = ['admins', 'members'] as const;
export type EndUserReaders = (typeof endUserReaders)[number];

/** What an organization sets for all of its conversations. */
export interface OrganizationSettings {
  /** Whether models name conversations; null: as the environment has it. */
  readonly titles: Switch | null;
  /** Whether models summarise what no longer fits; null: as the environment has it. */
  readonly summaries: Switch | null;
  /** The model that writes titles, summaries and queries; null: the conversation's own. */
  readonly helperModelId: string | null;
  /** Instructions in place of the built-in ones; null: the built-in ones. */
  readonly titlePrompt: string | null;
  readonly summaryPrompt: string | null;
  readonly queryPrompt: string | null;
  /** `off`: no answer uses the web, whatever asks for it. */
  readonly internet: Switch;
  /** Which members see the conversations of end users. */
  readonly endUserConversations: EndUserReaders;
  /** Of the organization as a whole, and of each of its end users. */
  readonly limits: Limits;
  readonly endUserLimits: Limits;
  readonly retentionDays: RetentionDays;
}

/** For how many days conversations are kept after the last that happened in them; null: for good. */
export type RetentionDays = { readonly [Name in Environment]: number | null };

export const maxRetentionDays = 3650;

const keptForGood: RetentionDays = { test: null, prod: null };

/** @param json `RetentionDays`; null: nothing was set */
export function parseRetention(json: string | null): RetentionDays {
  return json === null ? keptForGood : (JSON.parse(json) as RetentionDays);
}

export const defaultSettings: OrganizationSettings = {
  titles: null,
  summaries: null,
  helperModelId: null,
  titlePrompt: null,
  summaryPrompt: null,
  queryPrompt: null,
  internet: 'on',
  endUserConversations: 'admins',
  limits: noLimits,
  endUserLimits: noLimits,
  retentionDays: keptForGood,
};

export const roles = ['owner', 'admin', 'member', 'guest'] as const;
export type Role = (typeof roles)[number];

/** Guests may only read. */
export function mayWrite(role: Role): boolean {
  return role !== 'guest';
}

/** Whether a member of this role sees the conversations of end users. */
export function seesEndUsers(role: Role, readers: EndUserReaders): boolean {
  return readers === 'members' || mayAdminister(role);
}

export function mayAdminister(role: Role): boolean {
  return role === 'owner' || role === 'admin';
}
