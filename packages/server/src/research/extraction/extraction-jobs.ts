/** The messages between a page reader and the processes that parse for it. */
import type { PageText } from './html-text.ts';

export interface PageJob {
  readonly format: 'html' | 'text' | 'pdf';
  /** Serialized for the process that parses it. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** The header as the server sent it. */
  readonly contentType: string;
  /** The most UTF-16 units of text that are wanted. */
  readonly maxLength: number;
}

export interface RobotsJob {
  readonly robotsUrl: string;
  readonly text: string;
  readonly url: string;
  /** The product token by which rules name us: `Colloquy`. */
  readonly agent: string;
}

export type ExtractionCall =
  | { readonly kind: 'page'; readonly job: PageJob }
  | { readonly kind: 'robots'; readonly job: RobotsJob };

export interface ExtractionResults {
  readonly page: PageText;
  readonly robots: boolean;
}
