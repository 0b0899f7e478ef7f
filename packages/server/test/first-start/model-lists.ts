/** A server that answers for providers' lists of models, and a configuration that points at it. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { catalog } from '../../src/catalog.ts';
import { type Config, parseConfig } from '../../src/config/config.ts';

export interface ListServer extends AsyncDisposable {
  readonly url: string;
  /** The paths that were asked for. */
  readonly asked: string[];
  /** What lists are answered with; undefined: 500. */
  list: unknown;
}

/** Serves its list at `/v1/models` alone; other paths are 404. */
export async function startListServer(list: unknown): Promise<ListServer> {
  const server = createServer((request, response) => {
    const path = request.url ?? '';
    site.asked.push(path);
    const status = path !== '/v1/models' ? 404 : site.list === undefined ? 500 : 200;
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(JSON.stringify(status === 200 ? site.list : { error: { message: 'not here' } }));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const site: ListServer = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked: [],
    list,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return site;
}

export function configOf(environment: Readonly<Record<string, string>>): Config {
  const { config, problems } = parseConfig(environment, catalog);
  assert.ok(config, JSON.stringify(problems));
  return config;
}
