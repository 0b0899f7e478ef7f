/**
 * Answers where there is no language model: with the passages of Colloquy's own documentation that match the question,
 * and with how to get a real model.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { LanguageModel, ModelPart, ModelRequest } from '../language-model.ts';
import type { GuideSection } from './documents.ts';
import { createGuideSearch } from './search.ts';

export interface GuideOptions {
  /** The sections that `loadGuideDocuments` has read; may be empty. */
  readonly documents: readonly GuideSection[];
  /** How far the local model is, as a part of a sentence: `the local model is being fetched (43 %)`. */
  readonly progress?: () => string | undefined;
  /** Prepended to each file's path in links. Default: empty, so that links are paths in the repository. */
  readonly linkBase?: string;
  /** Environment variables that give the server a real model. */
  readonly variables: readonly string[];
  /** The pause between two words. Default 0. */
  readonly pauseMs?: number;
}

const maxPassages = 3;
const maxPassageCharacters = 700;
const maxTopics = 12;

export function createGuide(options: GuideOptions): LanguageModel {
  const search = createGuideSearch(options.documents);
  return {
    provider: 'guide',
    canContinue: false,
    followsPrompts: false,
    writesQueries: false,
    countTokens: (text) => Math.ceil(text.length / 4),
    async *stream(request, { signal }): AsyncGenerator<readonly ModelPart[]> {
      signal.throwIfAborted();
      const { text, reason } = cut(answer(request), request.parameters);
      for (const word of text.match(/\s*\S+\s*/g) ?? []) {
        if (options.pauseMs)
          await delay(options.pauseMs, undefined, { signal }).catch(() => signal.throwIfAborted());
        signal.throwIfAborted();
        yield [{ type: 'text', text: word }];
      }
      yield [{ type: 'finish', reason }];
    },
  };

  function answer(request: ModelRequest): string {
    const questions = request.messages
      .filter((message) => message.role === 'user')
      .map((message) => message.text);
    const last = questions.at(-1) ?? '';
    // "And how do I do that?" can only be understood together with the question before it.
    const found = firstFilled([last, questions.slice(-2).join(' ')], (question) =>
      search.find(question, maxPassages),
    );
    const body = found.length > 0 ? passages(found) : nothingFound(last);
    return `${introduction()}\n\n${body}`;
  }

  function introduction(): string {
    const parts = ['I am the guide, no language model: I only search the documentation of Colloquy'];
    const progress = options.progress?.();
    if (progress) parts.push(progress);
    return `${[...parts, howToGetAModel(options.variables)].join('; ')}.`;
  }

  function passages(sections: readonly GuideSection[]): string {
    return sections.map((section) => `**${link(section)}**\n\n${excerpt(section.text)}`).join('\n\n');
  }

  function nothingFound(question: string): string {
    if (options.documents.length === 0)
      return 'The documentation is not installed beside this server; its interface is described at `/docs`.';
    const start =
      question.trim() === '' ? 'I saw no question.' : 'I found nothing about that in the documentation.';
    return `${start} It speaks of:\n\n${topics().join('\n')}`;
  }

  function topics(): string[] {
    const main = options.documents.filter(
      (section) => section.trail.length <= 1 && section.anchor !== '' && !section.file.includes('decisions/'),
    );
    return main.slice(0, maxTopics).map((section) => `- ${link(section)}`);
  }

  function link(section: GuideSection): string {
    const target = `${options.linkBase ?? ''}${section.file}${section.anchor === '' ? '' : `#${section.anchor}`}`;
    return `[${[...section.trail, section.heading].join(' › ')}](${target})`;
  }
}

function howToGetAModel(variables: readonly string[]): string {
  const list = new Intl.ListFormat('en-GB', { type: 'disjunction' }).format(variables);
  return `for a real model set ${list} and start again`;
}

function firstFilled<T>(questions: readonly string[], find: (question: string) => T[]): T[] {
  for (const question of questions) {
    const found = find(question);
    if (found.length > 0) return found;
  }
  return [];
}

/** The whole paragraphs that fit; a code fence that is cut is closed again. */
function excerpt(text: string): string {
  if (text.length <= maxPassageCharacters) return text;
  const end = text.lastIndexOf('\n\n', maxPassageCharacters);
  const lineEnd = text.lastIndexOf('\n', maxPassageCharacters);
  const wordEnd = text.lastIndexOf(' ', maxPassageCharacters);
  const kept = text.slice(
    0,
    [end, lineEnd, wordEnd].find((at) => at > maxPassageCharacters / 3) ?? maxPassageCharacters,
  );
  const openFence = (kept.match(/^```/gm)?.length ?? 0) % 2 === 1;
  return `${kept}${openFence ? '\n```' : ''}\n\n…`;
}

/** Applies `stop` and `maxTokens`, which counts words here, since the guide streams words. */
function cut(
  text: string,
  { stop, maxTokens }: ModelRequest['parameters'],
): { text: string; reason: 'stop' | 'length' } {
  const ends = (stop ?? [])
    .map((needle) => (needle === '' ? -1 : text.indexOf(needle)))
    .filter((at) => at >= 0);
  const stopped = text.slice(0, Math.min(text.length, ...ends));
  const words = stopped.match(/\s*\S+\s*/g) ?? [];
  if (maxTokens === undefined || words.length <= maxTokens) return { text: stopped, reason: 'stop' };
  return { text: words.slice(0, maxTokens).join(''), reason: 'length' };
}
