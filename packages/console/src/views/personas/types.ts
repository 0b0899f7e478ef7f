/** The resources of the administration that this view reads. */
import type { Creator } from '../../parts/creators.ts';

export interface Persona {
  readonly id: number;
  readonly name: string;
  readonly alias: string;
  readonly description: string | null;
  readonly has_active: boolean;
  readonly has_next: boolean;
  readonly active_version: number | null;
  readonly next_version: number | null;
  readonly updated_at: string;
}

export interface Version {
  readonly version: number;
  readonly state: 'active' | 'next' | 'past';
  readonly system_prompt: string;
  readonly model_id: string;
  readonly temperature: number | null;
  readonly top_p: number | null;
  readonly max_tokens: number | null;
  readonly stop: readonly string[] | null;
  readonly seed: number | null;
  readonly internet: boolean;
  readonly fallbacks: readonly string[];
  readonly note: string | null;
  readonly greeting: string | null;
  readonly suggestions: readonly string[];
  readonly show_reasoning: boolean;
  readonly created_by: Creator | null;
  readonly created_at: string;
  readonly submitted_at: string | null;
}

export interface QuestionSet {
  readonly id: string;
  readonly name: string;
  readonly question_count: number;
}

export interface Question {
  readonly id: string;
  /** What the user says, turn by turn. */
  readonly turns: readonly string[];
  readonly conversation_id: string | null;
}

export interface Model {
  readonly id: string;
  readonly name: string;
  readonly is_active: boolean;
}

export interface List<Entry> {
  readonly data: readonly Entry[];
  readonly next_cursor: string | null;
}

/** So many that an organization's are read at once. */
export const allOfThem = 1000;
