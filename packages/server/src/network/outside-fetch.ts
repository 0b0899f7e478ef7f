/** The `fetch` of the web platform through proxies, for libraries that take one. */
import { fetch as undiciFetch } from 'undici';
import { createOutsideAgent, type OutsideAgentOptions } from './outside-agent.ts';

export interface OutsideFetch extends AsyncDisposable {
  fetch(url: string, init?: RequestInit): Promise<Response>;
}

/** Its owner disposes of its connections. */
export function createOutsideFetch(options: OutsideAgentOptions): OutsideFetch {
  const dispatcher = createOutsideAgent(options);
  return {
    async fetch(url, { headers, ...init } = {}) {
      const given = { ...init, headers: [...new Headers(headers)], dispatcher };
      // The types of undici and of Node.js describe the same classes of the web platform, apart from each other.
      return (await undiciFetch(url, given as never)) as never;
    },
    [Symbol.asyncDispose]: () => dispatcher.destroy(),
  };
}
