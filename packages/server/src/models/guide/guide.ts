/**
 * Answers where there is no language model: with the passages of Colloquy's own documentation that match the question,
 * and with how to get a real model.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { abilities } from '../../domain/request/tools.ts';
import type { LanguageModel, ModelPart, ModelRequest } from '../language-model.ts';
import type { GuideSection } from './documents.ts';
import { excerpt } from './excerpt.ts';
import { type Understood, understand, withoutGreeting } from './intents.ts';
import type { GuideSearch } from './search.ts';

export interface GuideOptions {
  /**
   * The sections that `loadGuideDocuments` and `loadSettings` read; may be empty. A function is asked at the first question:
   * with a real model there is none, and nothing of it is kept in memory.
   */
  readonly documents: readonly GuideSection[] | (() => Promise<readonly GuideSection[]>);
  /** The operations of the API as sections; asked once, at the first question, when the server is complete. */
  readonly operations?: () => readonly GuideSection[];
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
const maxTopics = 14;
/** The pages whose sections are named as topics first. */
const topicPages: readonly string[] = ['docs/first-steps.md', 'README.md'];

export function createGuide(options: GuideOptions): LanguageModel {
  let documents: readonly GuideSection[] = [];
  let createGuideSearch: typeof import('./search.ts').createGuideSearch;
  let search: GuideSearch | undefined;
  let loading: Promise<void> | undefined;
  return {
    provider: 'guide',
    lacks: abilities,
    canContinue: false,
    followsPrompts: false,
    writesQueries: false,
    countTokens: (text) => Math.ceil(text.length / 4),
    async *stream(request, { signal }): AsyncGenerator<readonly ModelPart[]> {
      signal.throwIfAborted();
      loading ??= load().catch((error) => {
        loading = undefined;
        throw error;
      });
      await loading;
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

  async function load(): Promise<void> {
    ({ createGuideSearch } = await import('./search.ts'));
    documents = typeof options.documents === 'function' ? await options.documents() : options.documents;
  }

  function answer(request: ModelRequest): string {
    const questions = request.messages
      .filter((message) => message.role === 'user')
      .map((message) => message.text.trim());
    const last = questions.at(-1) ?? '';
    const understood = understand(last);
    if (understood !== undefined) return answerTo(understood);
    return `${introduction()}\n\n${found(last, questions)}`;
  }

  function answerTo({ intent, reply }: Understood): string {
    if (intent === 'thanks') return `You are welcome! ${whatToAsk()}`;
    if (intent === 'farewell') return 'Goodbye!';
    if (intent === 'greeting') return `${reply ?? 'Hello!'} ${introduction()}\n\n${whatToAsk()}`;
    return `${introduction()}\n\n${about()}${whatToAsk()}`;
  }

  /** What stands first in the documentation says what all of it is about. */
  function about(): string {
    const [first] = documents;
    return first === undefined ? '' : `${passages([first], () => 0)}\n\n`;
  }

  function found(last: string, questions: readonly string[]): string {
    search ??= createGuideSearch([...documents, ...(options.operations?.() ?? [])]);
    const question = withoutGreeting(last);
    if (question !== '' && !search.hasSubject(question) && questions.length < 2)
      return `${about()}${whatToAsk()}`;
    // "And how do I do that?" can only be understood together with the question before it.
    for (const asked of [question, questions.slice(-2).join(' ')]) {
      const sections = search.find(asked, maxPassages);
      if (sections.length > 0) return passages(sections, search.relevance(asked));
    }
    return nothingFound(question);
  }

  function introduction(): string {
    const parts = ['I am the guide, no language model: I only search the documentation of Colloquy'];
    const progress = options.progress?.();
    if (progress) parts.push(progress);
    return `${[...parts, howToGetAModel(options.variables)].join('; ')}.`;
  }

  function passages(sections: readonly GuideSection[], relevance: (text: string) => number): string {
    return sections
      .map((section) => `**${link(section)}**\n\n${excerpt(section.text, relevance)}`)
      .join('\n\n');
  }

  function nothingFound(question: string): string {
    const start = question === '' ? 'I saw no question.' : 'I found nothing about that in the documentation.';
    return `${start} ${whatToAsk()}`;
  }

  function whatToAsk(): string {
    if (documents.length === 0)
      return 'The documentation is not installed beside this server; its interface is described at `/docs`.';
    return `The interface is described at \`/docs\`. You can ask me about:\n\n${topics().join('\n')}`;
  }

  function topics(): string[] {
    const pageOf = ({ file }: GuideSection): number => {
      const place = topicPages.indexOf(file);
      return place < 0 ? topicPages.length : place;
    };
    const main = documents.filter(
      ({ trail, anchor, file }) =>
        trail.length <= 1 && anchor !== '' && !/decisions\/|contributing/i.test(file),
    );
    const sorted = main.toSorted((one, other) => pageOf(one) - pageOf(other));
    return sorted.slice(0, maxTopics).map((section) => `- ${link(section)}`);
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
