/** The schemas of backups. */
import { Type } from 'typebox';
import { closed, TextField, TimeField } from '../../openapi/fields.ts';

export const CreateBackupBody = Type.Object(
  {
    file: TextField('A new name in `DATA_DIR/backups`, which ends in `.db`.', '2026-11-26.db', {
      maxLength: 100,
      pattern: '^[A-Za-z0-9][A-Za-z0-9._-]*\\.db$',
    }),
  },
  { ...closed, title: 'NewBackup' },
);

export const BegunBackup = Type.Object(
  {
    file: Type.String({
      description: 'The path that it gets once it is whole.',
      examples: ['/data/backups/2026-11-26.db'],
    }),
    started_at: TimeField('When it began.'),
  },
  { title: 'BegunBackup', description: 'A backup that is being made.' },
);
