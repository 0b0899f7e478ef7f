/** A generation that is about to run, and how it ended. */
import type { Outcome } from '../../domain/generation.ts';
import type { ModelCall } from '../../domain/usage.ts';
import type { ModelMessage } from '../../models/language-model.ts';
import type { Researcher } from '../../research/research.ts';
import type { Database } from '../../store/store.ts';
import type { Accounting } from '../calls/accounting.ts';
import type { Learn } from '../calls/learning.ts';
import type { SideCalls } from '../calls/side-calls.ts';
import type { LiveGeneration } from '../log/live-generation.ts';
import type { RunPlan } from '../plan/plan.ts';
import type { Breakers } from './breakers.ts';
import type { RunDependencies } from './call-model.ts';
import type { GenerationFacts } from './ended.ts';

export interface Job {
  readonly live: LiveGeneration;
  readonly plan: RunPlan;
  readonly accounting: Accounting;
  readonly facts: GenerationFacts;
  /** The message to answer. */
  readonly replyTo: string;
  /** All that the model is sent beside the instructions, where it is at hand: a conversation's first messages, or a prompt. */
  readonly prompt?: readonly ModelMessage[] | undefined;
  /** The stored message that the prompt follows, with the history before it. */
  readonly promptBehind?: string | undefined;
  /** The message whose text this answer begins with. */
  readonly continueFrom?: string | undefined;
}

export interface JobDependencies extends RunDependencies {
  readonly reads: Database;
  /** Does the web research; without it no answer uses the web. */
  readonly researcher?: Researcher | undefined;
  /** Writes the search queries. */
  readonly sideCalls: SideCalls;
  readonly breakers: Breakers;
  /** Stores that the model of this plan answers, before it is asked. */
  switchModel(plan: RunPlan): Promise<unknown>;
  /** How the generation ends where its tries were broken off by this error. */
  outcomeOf(error: unknown): Outcome;
  readonly learn: Learn;
}

export interface JobEnd {
  /** What answered, or was tried last. */
  readonly plan: RunPlan;
  readonly outcome: Outcome;
  readonly modelCalls: readonly ModelCall[];
}
