/** The type of a set of routes: a Fastify plugin whose handlers are typed by their TypeBox schemas. */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';

export type AppPlugin = FastifyPluginAsyncTypebox;
