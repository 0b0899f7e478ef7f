/** An answer that is under way, and the message that it answers. */
import type { Answer } from '../answer.ts';
import type { ColloquyError } from '../errors.ts';
import type { AnswerEvent } from '../types.ts';
import { withEvent } from './messages.ts';
import type { ChatMessage } from './types.ts';

export class Turn {
  /** Of a message of one's own; absent where an answer stands alone. */
  question: ChatMessage | undefined;
  answer: ChatMessage;
  /** What its reader saw before it: a message's id, or another turn, whose answer has none yet. */
  behind: Turn | string | undefined;
  /** What is read. */
  source: Answer | undefined;
  readonly end: AbortController = new AbortController();
  /** Whether the server has taken it; undefined: not known yet. */
  outcome: boolean | undefined;
  /** Why the server has not taken it. */
  refusal: ColloquyError | undefined;
  isReconnecting = false;
  /** Resolves with `outcome`. */
  readonly accepted: Promise<boolean>;
  #text = '';
  #reasoning = '';
  #resolve: (isAccepted: boolean) => void = () => undefined;

  constructor(question: ChatMessage | undefined, answer: ChatMessage) {
    this.question = question;
    this.answer = answer;
    this.accepted = new Promise((resolve) => {
      this.#resolve = resolve;
    });
  }

  get isAccepted(): boolean {
    return this.outcome === true;
  }

  /** The message behind which it goes; undefined: the end of the session. What was refused is not there. */
  get parent(): string | undefined {
    if (!(this.behind instanceof Turn)) return this.behind;
    return this.behind.isAccepted ? this.behind.answer.id : this.behind.parent;
  }

  take(event: AnswerEvent): void {
    this.isReconnecting = false;
    if (event.type === 'text') this.#text += event.text;
    if (event.type === 'reasoning') this.#reasoning += event.text;
    this.answer = withEvent(this.answer, event, { text: this.#text, reasoning: this.#reasoning });
  }

  /** Once; later calls change nothing. */
  settle(isAccepted: boolean, refusal?: ColloquyError): void {
    if (this.outcome !== undefined) return;
    this.outcome = isAccepted;
    this.refusal = refusal;
    this.#resolve(isAccepted);
  }
}
