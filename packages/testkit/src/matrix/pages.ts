/** The matrix of what browsers load: pages and scripts, which are the same for everybody. */
import { open, type Request, type Row, talk } from './row.ts';
import type { World } from './world.ts';

/** Once the server has made the pages. */
const whenMade =
  (path: string): Row['request'] =>
  async ({ url }: World): Promise<Request> => {
    await (await fetch(`${url}/console/ready.js`)).text();
    return { path };
  };

export function pageRows(): Readonly<Record<string, Row>> {
  const loaded = (path: string, status = 200): Row => talk(open(status), whenMade(path));
  return {
    'GET /console': loaded('/console'),
    'GET /console/*': loaded('/console/keys'),
    'GET /console/ready.js': loaded('/console/ready.js'),
    'GET /console/assets/:name': loaded('/console/assets/nothing.js', 404),
    'GET /widget.js': loaded('/widget.js'),
    'GET /widget.iife.js': loaded('/widget.iife.js'),
    'GET /widget-:rest': loaded('/widget-nothing.js', 404),
  };
}
