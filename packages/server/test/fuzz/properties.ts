/** What holds for every answer, whatever was asked: sentences about where it does not. */
import type { ApiDocument, Reached } from './document.ts';
import type { Answer, Sent } from './wire.ts';

/** Problems of an answer by itself; what it did to the store is looked at in `fuzz.ts`. */
export function problemsOf(document: ApiDocument, sent: Sent, answer: Answer): readonly string[] {
  return [...headerProblems(sent, answer), ...statusProblems(document, sent, answer)];
}

/** The operation that a request reaches. */
export function reachedBy(document: ApiDocument, { method, target }: Sent): Reached {
  return document.find(method, target.split('?', 1)[0] ?? '');
}

function headerProblems({ method }: Sent, { status, headers, text }: Answer): readonly string[] {
  const wrong: string[] = [];
  const demand = (name: string, pattern: RegExp): void => {
    if (!pattern.test(String(headers[name] ?? ''))) wrong.push(`the header ${name} is ${headers[name]}`);
  };
  demand('x-request-id', /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
  demand('cache-control', /^(no-store|no-cache, no-transform|public, max-age=\d+)$/);
  demand('x-content-type-options', /^nosniff$/);
  demand('colloquy-version', /^\d/);
  if (status === 401) demand('www-authenticate', /^Bearer /);
  if (status === 405) demand('allow', /^[A-Z]+(, [A-Z]+)*$/);
  if (status === 429 || status === 503) demand('retry-after', /^[1-9]\d*$/);
  if (status >= 400) demand('content-type', /^application\/json; charset=utf-8$/);
  if (method === 'HEAD' && text !== '') wrong.push('the answer to HEAD has a body');
  return wrong;
}

/** A call without a stream that fails at its model is answered with these. */
const statusesOfModels = [502, 504];
/** What may refuse a request before anybody knows what it asks for. */
const early = [400, 413, 415, 431];

function statusProblems(document: ApiDocument, sent: Sent, answer: Answer): readonly string[] {
  const { status, headers, text, end } = answer;
  if (status >= 500 && !statusesOfModels.includes(status)) return [`status ${status}: ${text.slice(0, 200)}`];
  if (sent.method === 'OPTIONS' && status === 204) return [];
  const reached = reachedBy(document, sent);
  if (reached === undefined || isNoPath(sent)) {
    const isFine =
      [404, 405, ...early].includes(status) || (status === 301 && sent.target.startsWith('/docs/'));
    return isFine ? [] : [`status ${status} for a path that no operation has`];
  }
  if ('methods' in reached) {
    if (early.includes(status)) return [];
    // OpenAI's API knows no 405.
    const expected = /^\/v1(?:[/?]|$)/.test(sent.target) ? 404 : 405;
    if (status !== expected) return [`status ${status} for a method that no operation has`];
    const allow = String(headers.allow).split(', ');
    return reached.methods
      .filter((method) => !allow.includes(method))
      .map((method) => `Allow does not name ${method}`);
  }
  const { operation, isHead } = reached;
  // Of a stream that is left, the last event may have come in part.
  const whole = end === 'complete' ? text : text.slice(0, text.lastIndexOf('\n\n') + 2);
  return document.undeclared(operation, { status, headers, text: isHead ? undefined : whole });
}

/** A path beyond ASCII is no HTTP, and reaches nothing. */
function isNoPath({ target }: Sent): boolean {
  return /^[^?]*[\u0080-\u00ff]/.test(target);
}
