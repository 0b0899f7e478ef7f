/** The administration's API as commands use it, wherever it is answered. */
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { CommandFailure } from '../failure.ts';

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
/** An entry of the API, or a body. */
export type Resource = Readonly<Record<string, unknown>>;

export interface CallOptions {
  /** Undefined values are left out. */
  readonly query?: Readonly<Record<string, string | number | boolean | undefined>>;
  readonly body?: Resource;
}

/** A request to a path below `/api/admin`, and its answer. */
export type Transport = (
  method: Method,
  path: string,
  body: Resource | undefined,
) => Promise<{ readonly status: number; readonly body: Readable }>;

export class AdminApi {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /** The JSON of the answer; empty for one without a body. @throws CommandFailure with what the API says */
  async call(method: Method, path: string, options: CallOptions = {}): Promise<Resource> {
    const answer = await text(await this.open(method, path, options));
    return answer === '' ? {} : (JSON.parse(answer) as Resource);
  }

  /** The same for an answer that is too long to keep. */
  async open(method: Method, path: string, { query = {}, body }: CallOptions = {}): Promise<Readable> {
    const given = Object.entries(query).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, String(value)]],
    );
    const search = given.length === 0 ? '' : `?${new URLSearchParams(given)}`;
    const answer = await this.#transport(method, `/api/admin${path}${search}`, body);
    if (answer.status >= 200 && answer.status < 300) return answer.body;
    throw new CommandFailure(errorText(answer.status, await text(answer.body)));
  }

  /** One page of a list. */
  async list(path: string, query: CallOptions['query'] = {}): Promise<List> {
    return (await this.call('GET', path, { query })) as unknown as List;
  }

  /** All entries of a list, page after page. */
  async *all(path: string): AsyncGenerator<Resource> {
    let cursor: string | undefined;
    do {
      const page = await this.list(path, { limit: 1000, cursor });
      yield* page.data;
      cursor = page.next_cursor ?? undefined;
    } while (cursor !== undefined);
  }
}

export interface List {
  readonly data: readonly Resource[];
  readonly next_cursor: string | null;
}

/** The sentence of an error's body, or what there is to say without one. */
export function errorText(status: number, body: string): string {
  try {
    const { error } = JSON.parse(body) as { readonly error?: unknown };
    if (typeof error === 'string') return error;
  } catch {
    // A proxy's page, for example.
  }
  return `the server answered ${status}`;
}
