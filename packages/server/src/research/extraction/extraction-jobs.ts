/** What passes between a page reader and the threads that parse for it. */
import type { PageText } from './html-text.ts';

export interface PageJob {
  readonly format: 'html' | 'text' | 'pdf';
  /** Handed over: the sender can't use it afterwards. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** As the server sent it. */
  readonly contentType: string;
  /** UTF-16 units of text that are wanted. */
  readonly maxLength: number;
}

export interface RobotsJob {
  readonly robotsUrl: string;
  readonly text: string;
  readonly url: string;
  /** The product token, `Colloquy`. */
  readonly agent: string;
}

export type ExtractionCall =
  | { readonly kind: 'page'; readonly job: PageJob }
  | { readonly kind: 'robots'; readonly job: RobotsJob };

export interface ExtractionResults {
  readonly page: PageText;
  readonly robots: boolean;
}

export type ExtractionAnswer = { readonly result: unknown } | { readonly error: string };
