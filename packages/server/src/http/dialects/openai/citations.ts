/** Sources as annotations of a text: one for each `[n]` that names a source. */
import type { Source } from '../../../domain/event.ts';
import { countCodePoints } from '../../../domain/text/graphemes.ts';

export interface UrlCitation {
  readonly type: 'url_citation';
  readonly url: string;
  readonly title: string;
  /** In code points of the text. */
  readonly start_index: number;
  readonly end_index: number;
}

export function citationsIn(text: string, sources: readonly Source[]): readonly UrlCitation[] {
  if (sources.length === 0) return [];
  const byIndex = new Map(sources.map((source) => [source.index, source]));
  const citations: UrlCitation[] = [];
  let units = 0;
  let points = 0;
  for (const { 0: mark, 1: number, index } of text.matchAll(/\[(\d{1,4})\]/g)) {
    const source = byIndex.get(Number(number));
    if (source === undefined) continue;
    points += countCodePoints(text.slice(units, index));
    units = index;
    const { url, title } = source;
    citations.push({
      type: 'url_citation',
      url,
      title,
      start_index: points,
      end_index: points + mark.length,
    });
  }
  return citations;
}
