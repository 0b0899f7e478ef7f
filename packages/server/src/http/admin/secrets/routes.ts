/** `/secret` */
import { AppError, invalid } from '../../../domain/errors.ts';
import { isVaried } from '../../../domain/text/varied.ts';
import { answer } from '../../openapi/answers.ts';
import { type Route, route } from '../../routing/route.ts';
import type { AdminDependencies } from '../dependencies.ts';
import { refusals, tags } from '../schema.ts';
import { RotateSecretBody, SecretRotation, toRotation } from './schema.ts';

export function secretRoutes({ store, rotation, revocation }: AdminDependencies): readonly Route[] {
  return [
    route({
      method: 'POST',
      path: '/secret/rotate',
      access: 'operator',
      schema: {
        tags,
        operationId: 'rotateSecret',
        summary: "Replace the server's secret (operator)",
        description:
          "The secret signs tokens and encrypts providers' keys. Where it is a file in DATA_DIR, it is replaced, and what it has encrypted is encrypted anew. Where it is COLLOQUY_SECRET, what an earlier secret has encrypted is.",
        body: RotateSecretBody,
        response: { 200: answer('How it ended.', SecretRotation), ...refusals },
      },
      async handler(request) {
        if (rotation === undefined) throw new AppError('conflict', 'the secret can’t be replaced here');
        const { secret, end_tokens: endsTokens = false } = request.body;
        if (secret !== undefined && !isVaried(secret)) {
          throw invalid(
            'secret',
            'secret must have at least 6 different characters and must not repeat a shorter text',
          );
        }
        const rotated = await rotation.rotate({ secret, endsTokens }, (args) =>
          store.change(request, 'resealModels', args),
        );
        if (endsTokens) revocation.tokens();
        return toRotation(rotated);
      },
    }),
  ];
}
