/** Bodies before they are validated: null is absent, what is unknown may be dropped, and what is refused says why. */
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { ParameterClasses, UnknownParameters } from '../../../../domain/request/openai-parameters.ts';
import { isFields } from '../../read-values.ts';
import { OpenAiError } from '../errors.ts';

const mostNamed = 50;

/** @throws AppError unsupported */
export function prepareBody(
  request: FastifyRequest,
  reply: FastifyReply,
  classes: ParameterClasses,
  unknownParameters: UnknownParameters,
): void {
  // Routes of which everything may be absent take an empty body.
  const body = request.body ?? {};
  if (!isFields(body)) return;
  const kept = Object.entries(body).filter(([, value]) => value !== null);
  for (const [name] of kept) {
    const refusal = classes.refused[name];
    if (Object.hasOwn(classes.refused, name) && refusal !== undefined)
      throw new OpenAiError(
        'unsupported_parameter',
        `${name} is not supported${refusal === '' ? '' : `: ${refusal}`}`,
        name,
      );
  }
  const isKnown = (name: string): boolean => classes.taken.some((one) => one === name);
  if (unknownParameters === 'refuse') {
    request.body = Object.fromEntries(kept);
    return;
  }
  const ignored = kept.map(([name]) => name).filter((name) => !isKnown(name));
  request.body = Object.fromEntries(kept.filter(([name]) => isKnown(name)));
  const named = ignored.filter((name) => /^[\w.-]{1,100}$/.test(name)).slice(0, mostNamed);
  if (named.length > 0) reply.header('X-Ignored-Parameters', named.join(', '));
}
