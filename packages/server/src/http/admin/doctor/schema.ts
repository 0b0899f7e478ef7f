/** The schemas of examinations of the way to the server. */
import { type Static, Type } from 'typebox';
import {
  checks,
  type Examination,
  longestSilenceSeconds,
  verdicts,
} from '../../../domain/operations/examination.ts';
import { closed, nullable, oneOf, TextField } from '../../openapi/fields.ts';

export const ExamineBody = Type.Object(
  {
    address: Type.Optional(
      TextField(
        'Where browsers reach the server, with the path that it is below. Default: `PUBLIC_URL`, else where this request came to.',
        'https://chat.example.com',
        { maxLength: 2000, pattern: '^[Hh][Tt][Tt][Pp][Ss]?://' },
      ),
    ),
    silence_seconds: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: longestSilenceSeconds,
        default: 20,
        description: 'How long silence is tried; the answer takes some seconds longer.',
        examples: [20],
      }),
    ),
  },
  { ...closed, title: 'NewExamination', examples: [{ silence_seconds: 1 }] },
);

export const ExaminationResource = Type.Object(
  {
    address: Type.String({
      description: 'What was examined, without credentials.',
      examples: ['https://chat.example.com/'],
    }),
    route: Type.String({
      description: 'How the server reaches the address.',
      examples: ['Without a proxy of the environment.'],
    }),
    problem: nullable(
      Type.String({
        description: 'Why nothing could be measured; null: it was.',
        examples: ['it answers 404, and not as a Colloquy server'],
      }),
    ),
    findings: Type.Array(
      Type.Object(
        {
          name: oneOf(checks, { description: 'What was tried.', examples: ['buffering'] }),
          verdict: oneOf(verdicts, {
            description: '`bad` breaks streams; `note` works, but should be known.',
            examples: ['ok'],
          }),
          measured: Type.String({
            description: 'What was seen.',
            examples: ['20 s of silence were not cut off'],
          }),
          advice: nullable(
            Type.String({ description: 'What to change.', examples: ['nginx `proxy_buffering off;`'] }),
          ),
        },
        { title: 'Finding', description: 'What a check has found.' },
      ),
      { description: 'Of each check; only that of the headers where a stream came compressed.' },
    ),
  },
  { title: 'Examination', description: 'What stands between browsers and the server does to streams.' },
);

export function toExamination({
  address,
  route,
  problem,
  findings,
}: Examination): Static<typeof ExaminationResource> {
  return {
    address,
    route,
    problem: problem ?? null,
    findings: findings.map(({ name, verdict, measured, advice }) => ({
      name,
      verdict,
      measured,
      advice: advice ?? null,
    })),
  };
}
