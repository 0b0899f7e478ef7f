/** Exports everything that is stored of end users, as JSON Lines. */
import { Readable } from 'node:stream';
import { Type } from 'typebox';
import type { OrganizationScope } from '../../domain/scope.ts';
import { toTime } from '../../domain/text/time.ts';
import { exportEndUser } from '../../store/queries/end-user-export.ts';
import type { EndUserRecord } from '../../store/queries/end-users.ts';
import type { Store } from '../../store/store.ts';
import { toJsonLine } from '../answer/json-line.ts';

export const exportType = 'application/jsonl; charset=utf-8';

/** The lines as they are read, so that memory stays flat. */
export function exportUsers(
  { reads }: Pick<Store, 'reads'>,
  scope: OrganizationScope,
  users: readonly EndUserRecord[],
): Readable {
  async function* lines(): AsyncGenerator<string> {
    for (const user of users) {
      for await (const entry of exportEndUser(reads, scope, user)) {
        yield `${toJsonLine(entry, withTimes)}\n`;
      }
    }
  }
  return Readable.from(lines());
}

export const exportAnswer = {
  description: 'A JSON object a line; `type` says what it is.',
  content: {
    'application/jsonl': {
      // Fastify sends a stream as it is.
      schema: Type.Unsafe<Readable>(
        Type.String({ examples: ['{"type":"end_user","user_id":"customer-4711"}\n'] }),
      ),
    },
  },
};

/** A `JSON.stringify` replacer that writes stored times in RFC 3339. */
function withTimes(name: string, value: unknown): unknown {
  return name.endsWith('_at') && typeof value === 'number' ? toTime(value) : value;
}
