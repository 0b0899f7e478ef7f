/** Addresses of other views, out of the routes of one: `toConsole('/personas/3')`. */
import { basePath } from '../api/request.ts';

export function toConsole(path: string): string {
  return `~${basePath}/console${path}`;
}
