/** `/backup` */
import { AppError } from '../../../domain/errors.ts';
import { toTime } from '../../../domain/text/time.ts';
import { answer, created } from '../../openapi/answers.ts';
import { type Route, route } from '../../routing/route.ts';
import type { AdminDependencies } from '../dependencies.ts';
import { adminPath, refusals, tags } from '../schema.ts';
import { BegunBackup, CreateBackupBody } from './schema.ts';

const healthPath = `${adminPath}/health`;

export function backupRoutes({ store, backups, now }: AdminDependencies): readonly Route[] {
  return [
    route({
      method: 'POST',
      path: '/backup',
      access: 'operator',
      schema: {
        tags,
        operationId: 'createBackup',
        summary: 'Make a backup (operator)',
        description:
          'Begins to write all stored data into a new file on the server that answers, one at a time. `last_backup` of the health tells how it ended.',
        body: CreateBackupBody,
        response: {
          202: created(answer('It has begun.', BegunBackup), {
            description: 'The path of the health, which tells how it ends.',
            example: healthPath,
          }),
          ...refusals,
        },
      },
      async handler(request, reply) {
        if (backups === undefined) {
          throw new AppError('conflict', 'no server runs here; use colloquy backup <file>');
        }
        const { file: name } = request.body;
        const file = await backups.start(name, () =>
          store.note(request, 'backup.create', { kind: 'backup', id: name }),
        );
        reply.code(202).header('Location', healthPath);
        return { file, started_at: toTime(now()) };
      },
    }),
  ];
}
