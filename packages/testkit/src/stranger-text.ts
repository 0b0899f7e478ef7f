/**
 * Everything that looks at the text of a stranger on the thread that streams: of clients, users, search engines, pages.
 * `upstream/provider-text.ts` has what looks at a provider's. Measured by `bench/patterns.ts`, and held to come to an end.
 */
import { AppError } from '../../server/src/domain/errors.ts';
import { isBlank } from '../../server/src/domain/text/blank.ts';
import { cutGraphemes } from '../../server/src/domain/text/graphemes.ts';
import { normalizeNewlines } from '../../server/src/domain/text/newlines.ts';
import { storable } from '../../server/src/domain/text/storable.ts';
import { parseJsonBody } from '../../server/src/http/request/json-body.ts';
import { findJsonError } from '../../server/src/http/request/json-position.ts';
import { parseCursor } from '../../server/src/http/streaming/cursor.ts';
import { withoutEndpoint } from '../../server/src/models/discovery/base-url.ts';
import type { GuideSection } from '../../server/src/models/guide/documents.ts';
import { createGuide } from '../../server/src/models/guide/guide.ts';
import { loadTokenizer } from '../../server/src/models/token-count.ts';
import { readHits } from '../../server/src/research/engines/engine-request.ts';
import { mergeHits } from '../../server/src/research/engines/merge-hits.ts';
import { languageOf } from '../../server/src/research/engines/query-language.ts';
import { neutralize } from '../../server/src/research/prompt.ts';
import { findQueries, questionPrompt } from '../../server/src/research/queries.ts';
import { termsOf } from '../../server/src/research/ranking/bm25.ts';
import { splitPassages } from '../../server/src/research/ranking/passages.ts';
import type { PrepareReading } from './upstream/provider-text.ts';

const fields = { title: 'title', url: 'url', snippet: 'snippet' };
const { signal } = new AbortController();
const sections: readonly GuideSection[] = Array.from({ length: 50 }, (_, i) => ({
  file: i % 2 === 0 ? 'docs/operations.md' : 'README.md',
  anchor: `a${i}`,
  heading: `OPENAI_API_KEY_${i}`,
  trail: [],
  text: 'Set the key of the model, then the persona and the conversation. '.repeat(20),
}));
const guide = createGuide({ documents: sections, variables: ['OPENAI_API_KEY'] });
const countTokens = await loadTokenizer();

export const strangerReaders: Readonly<Record<string, PrepareReading>> = {
  'a body': (text) => body(text),
  'a text in a body': (text) => body(JSON.stringify({ message: text })),
  'a name in a body': (text) => body(JSON.stringify({ [text]: { [text]: 1 } })),
  'a list in a body': (text) => body(JSON.stringify([...text.slice(0, text.length / 8)])),
  'a broken body': (text) => {
    const broken = `{"message":${JSON.stringify(text)}`;
    return () => findJsonError(broken);
  },
  'a cursor': (text) => () => orAppError(() => parseCursor(text)),
  'a text that is stored': (text) => () => isBlank(storable(normalizeNewlines(text))),
  'a title that is cut': (text) => () => cutGraphemes(text, 80),
  'a base URL': (text) => () => withoutEndpoint(`http://host/${text}`),
  'a question to the guide': (text) => () => askGuide(text),
  'a question to search for': (text) => () => {
    questionPrompt({ question: text, history: [{ role: 'user', text }], today: new Date(0) });
    languageOf(text.slice(0, 200), 'en');
    return findQueries({ question: text, history: [], today: new Date(0), signal });
  },
  'a count of tokens': (text) => () => countTokens(text),
  'hits of a search': (text) => {
    const results = Array.from({ length: 20 }, () => ({
      title: text,
      url: `http://a/${text}`,
      snippet: text,
    }));
    return () => mergeHits([readHits(results, fields, 6)], 6);
  },
  'many hits of a search': (text) => {
    const results: object[] = [];
    for (let at = 0; at < text.length; at += 64) {
      const piece = text.slice(at, at + 64);
      results.push({ title: piece, url: `http://a/${results.length}`, snippet: piece });
    }
    return () => mergeHits([readHits(results, fields, 6)], 6);
  },
  'the passages of a page': (text) => () => {
    for (const passage of splitPassages(text)) termsOf(passage);
  },
  'a source in a prompt': (text) => () => neutralize(text, 'abcdef0123456789'),
};

function body(text: string): () => void {
  const bytes = Buffer.from(text);
  return () => orAppError(() => parseJsonBody(bytes));
}

/** The answer is found when its first word is asked for. */
function askGuide(text: string): Promise<unknown> {
  const request = { messages: [{ role: 'user' as const, text }], parameters: { maxTokens: 1 } };
  return guide.stream(request, { signal })[Symbol.asyncIterator]().next();
}

function orAppError(read: () => unknown): void {
  try {
    read();
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
  }
}
