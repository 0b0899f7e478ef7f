/**
 * Has a model name conversations, in the background, after an answer: after the first one, and where that gave no
 * title, after the next ones, a few times.
 */

import type { OrganizationSettings } from '../../domain/organization.ts';
import type { ModelCall } from '../../domain/usage.ts';
import { type HistoryEntry, readHistory } from '../../store/queries/histories.ts';
import { findTitleState } from '../../store/queries/titles.ts';
import type { Store } from '../../store/store.ts';
import { isSpent, type SideCalls, usableWindow, type Writer } from '../calls/side-calls.ts';
import type { Job } from '../running/job.ts';
import { BackgroundJobs } from './background-jobs.ts';
import { maxTitleWords, ownWords, type SpokenMessage, titlePrompt } from './title-prompt.ts';
import { isTitleComplete, titleOf } from './title-text.ts';

export interface TitlerOptions {
  readonly store: Pick<Store, 'execute' | 'reads'>;
  readonly sideCalls: SideCalls;
  /** Whether conversations are named where their organization has set nothing. */
  readonly isOn: boolean;
  /** A title could not be made; the automatic one stays. */
  onError(error: unknown, conversationId: string): void;
}

/** Most titles that are asked for at the same time, and most that may wait; further conversations keep their automatic titles. */
const bounds = { maxRunning: 2, maxWaiting: 100 };
/** Tokens of a reply: more than a title has, since models put words around it. */
const replyTokens = 200;
/** Words of a title that an organization's own instruction asks for, at most. */
const maxOwnWords = 16;
/** A conversation for which a title was asked so often in vain keeps its automatic one. */
const maxTries = 3;
/** A model that takes longer is not waited for, so that it does not hold up the others. */
const timeoutMs = 120_000;
/** Messages that a model sees of a conversation that is not new, the answer not counted. */
const maxMessages = 4;

export class Titler implements AsyncDisposable {
  readonly #options: TitlerOptions;
  /** The jobs, by conversation. */
  readonly #jobs: BackgroundJobs;
  /** Looks into the store for whether a title is wanted. */
  readonly #looking = new Set<Promise<void>>();
  #isClosed = false;

  constructor(options: TitlerOptions) {
    this.#options = options;
    this.#jobs = new BackgroundJobs({ ...bounds, onError: options.onError });
  }

  /** Names the conversation of a job that has just answered, where it has no title yet. */
  afterFinish(job: Job): void {
    const { conversationId } = job.live.identity;
    if (this.#isClosed || !this.#jobs.accepts(conversationId) || job.live.message.text().trim() === '')
      return;
    const look = this.#look(job)
      .catch((error: unknown) => this.#options.onError(error, conversationId))
      .finally(() => this.#looking.delete(look));
    this.#looking.add(look);
  }

  get jobCounts(): BackgroundJobs['counts'] {
    return this.#jobs.counts;
  }

  /** Resolves once no title is being written. */
  async idle(): Promise<void> {
    await Promise.all(this.#looking);
    await this.#jobs.idle();
  }

  async #look(job: Job): Promise<void> {
    const { conversationId } = job.live.identity;
    const { sideCalls, isOn: isDefault } = this.#options;
    // Where titles are off, nothing is read of the conversation.
    if (!isDefault && (await sideCalls.settings(job.accounting)).titles !== 'on') return;
    const state = await findTitleState(this.#options.store.reads, conversationId);
    if (state === undefined || !state.isAutomatic || state.tries >= maxTries) return;
    const { settings } = state;
    const isOn = settings.titles === null ? isDefault : settings.titles === 'on';
    if (isOn) this.#jobs.add(conversationId, (signal) => this.#name(job, settings, signal));
  }

  async #name(job: Job, settings: OrganizationSettings, closing: AbortSignal): Promise<void> {
    const writer = await this.#options.sideCalls.writer(job.plan, job.accounting, settings);
    if (!writer.model.followsPrompts) return;
    const id = job.live.identity.conversationId;
    const modelCalls: ModelCall[] = [];
    let title: string | undefined;
    try {
      title = await this.#ask({ job, writer, settings, closing, modelCalls });
      if (title === undefined) this.#options.onError(new Error('the reply holds no title'), id);
    } catch (error) {
      this.#options.onError(error, id);
      // What was broken off, or never asked, is no try.
      if (closing.aborted || isSpent(error)) return this.#account(modelCalls);
    }
    await this.#options.store.execute('setGeneratedTitle', { id, title: title ?? null, modelCalls });
  }

  async #ask({ job, writer, settings, closing, modelCalls }: Asking): Promise<string | undefined> {
    const spoken = await this.#spoken(job);
    const prompt = settings.titlePrompt;
    const fit = () => titlePrompt({ spoken, prompt, contextWindow: usableWindow(writer) });
    const reply = await this.#options.sideCalls.ask(writer, job.accounting, {
      purpose: 'title',
      generationId: null,
      messages: fit(),
      fitAnew: fit,
      replyTokens,
      signal: AbortSignal.any([closing, AbortSignal.timeout(timeoutMs)]),
      // If the model does not stop, only as much is read as a title needs.
      isEnough: isTitleComplete,
      onCall: (call) => modelCalls.push(call),
    });
    const maxWords = prompt === null ? maxTitleWords : maxOwnWords;
    return titleOf(reply, { ownWords: ownWords(prompt), spoken, maxWords });
  }

  async #spoken({ prompt, replyTo, live }: Job): Promise<readonly SpokenMessage[]> {
    const answer: SpokenMessage = { role: 'assistant', text: live.message.text() };
    const before = prompt ?? (await this.#readBefore(replyTo));
    const spoken = before.flatMap(({ role, text }) =>
      (role === 'user' || role === 'assistant') && text.trim() !== '' ? [{ role, text }] : [],
    );
    return [...spoken.slice(-maxMessages), answer];
  }

  async #readBefore(messageId: string): Promise<readonly Pick<HistoryEntry, 'role' | 'text'>[]> {
    return (await readHistory(this.#options.store.reads, messageId, maxMessages)).reverse();
  }

  async #account(modelCalls: readonly ModelCall[]): Promise<void> {
    if (modelCalls.length > 0) await this.#options.store.execute('accountCalls', { modelCalls });
  }

  /** Aborts the calls that run. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true;
    await Promise.all(this.#looking);
    await this.#jobs[Symbol.asyncDispose]();
  }
}

interface Asking {
  readonly job: Job;
  readonly writer: Writer;
  readonly settings: OrganizationSettings;
  /** Aborted when the server stops. */
  readonly closing: AbortSignal;
  /** Gets the calls that were made. */
  readonly modelCalls: ModelCall[];
}
