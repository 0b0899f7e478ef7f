/** `/doctor` */

import { AppError, invalid } from '../../../domain/errors.ts';
import { oneAtATime } from '../../../limits/one-at-a-time.ts';
import { answer } from '../../openapi/answers.ts';
import { type Route, route } from '../../routing/route.ts';
import type { AdminDependencies } from '../dependencies.ts';
import { refusals, tags } from '../schema.ts';
import { ExaminationResource, ExamineBody, toExamination } from './schema.ts';

export function doctorRoutes({ store, examine, publicAddress }: AdminDependencies): readonly Route[] {
  const alone = oneAtATime(() => new AppError('conflict', 'an examination is under way; wait for its end'));
  return [
    route({
      method: 'POST',
      path: '/doctor',
      access: 'operator',
      schema: {
        tags,
        operationId: 'examineServer',
        summary: 'Examine the way to the server (operator)',
        description:
          'The server reads streams from the address by which browsers reach it, as `colloquy doctor` does, and tells what proxies in between do to them. One at a time on each server.',
        body: ExamineBody,
        response: { 200: answer('What was found.', ExaminationResource), ...refusals },
      },
      async handler(request) {
        if (examine === undefined) {
          throw new AppError('conflict', 'no server runs here; use colloquy doctor <url>');
        }
        const { address, silence_seconds: silenceSeconds = 20 } = request.body;
        const url = URL.parse(address ?? publicAddress(request));
        if (url === null) throw invalid('address', 'address must be one such as https://chat.example.com');
        return alone(async () => {
          // Its user and password, if any, are for what stands before the server.
          await store.note(
            request,
            'server.examine',
            { kind: 'server', id: null },
            { address: `${url.origin}${url.pathname}` },
          );
          return toExamination(await examine({ url, silenceSeconds }));
        });
      },
    }),
  ];
}
