/** The words of the shared components and the widget. Each language has one catalogue of this type. */

/** Kinds of failures that a person can do different things about. */
export type Trouble =
  | 'signIn'
  | 'forbidden'
  | 'gone'
  | 'tooLong'
  | 'busy'
  | 'spent'
  | 'model'
  | 'interrupted'
  | 'connection'
  | 'request'
  | 'server';

export interface Strings {
  /** Names of the two sides, as headings of messages. */
  readonly you: string;
  answerBy(name: string | undefined): string;
  readonly message: string;
  readonly placeholder: string;
  readonly send: string;
  readonly stop: string;

  readonly copy: string;
  readonly copied: string;
  code(language: string | undefined): string;
  readonly table: string;
  tableOf(rows: number): string;
  image(alternative: string): string;

  readonly thinking: string;
  /** The label of reasoning that is over; seconds are rounded, undefined where they are not known. */
  thought(seconds: number | undefined): string;
  sources(count: number): string;
  toolCall(name: string): string;

  readonly waiting: string;
  readonly searching: string;
  readonly reading: string;
  readonly answering: string;
  readonly finished: string;
  readonly stopped: string;
  readonly more: string;
  queued(place: number | undefined): string;
  readonly remove: string;
  readonly regenerate: string;
  readonly continueAnswer: string;
  trouble(kind: Trouble): string;
  retryIn(seconds: number): string;
  requestId(id: string): string;

  readonly conversation: string;
  readonly toTheEnd: string;
  readonly newText: string;
  readonly loadEarlier: string;
  readonly loadLater: string;
  readonly loading: string;

  readonly heading: string;
  readonly greeting: string;
  readonly open: string;
  readonly close: string;
  unread(count: number): string;
  readonly menu: string;
  readonly newConversation: string;
  readonly download: string;
  readonly deleteConversation: string;
  readonly deleteQuestion: string;
  readonly deleted: string;
  readonly cancel: string;
  readonly suggestions: string;
  readonly reconnecting: string;
  readonly reconnected: string;
  readonly pleaseSignIn: string;
  readonly signIn: string;
  readonly tryAgain: string;
  readonly good: string;
  readonly bad: string;
  readonly privacy: string;
}
