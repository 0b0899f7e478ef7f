/** Routes that take no body refuse fields in one, since they would be ignored silently. An empty object is accepted. */
import type { FastifyInstance } from 'fastify';
import { AppError, invalid } from '../../domain/errors.ts';
import { shortName } from './json-body.ts';

/** Runs after validation, so that a caller who may not call learns that first. */
export function refuseStrayBodies(app: FastifyInstance): void {
  app.addHook('preHandler', async ({ body, routeOptions: { schema } }) => {
    if (schema?.body !== undefined || body === undefined || body === null) return;
    if (typeof body !== 'object' || Array.isArray(body)) {
      throw new AppError('invalid_request', 'the body must be a JSON object');
    }
    const [name] = Object.keys(body);
    if (name === undefined) return;
    const { properties = {} } = (schema?.querystring ?? {}) as { readonly properties?: object };
    const instead = Object.hasOwn(properties, name)
      ? 'it belongs in the query string'
      : 'no fields are allowed here';
    throw invalid(shortName(name), `unknown field ${shortName(name)}: ${instead}`);
  });
}
