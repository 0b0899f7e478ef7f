/** The parts of a dialect. A dialect is one value of type `DialectModule`; `registry.ts` lists them all. */

import type { FastifyInstance } from 'fastify';
import type { Authenticator } from '../../auth/authenticator.ts';
import type { Dialect } from '../../domain/generation.ts';
import type { UnknownParameters } from '../../domain/request/openai-parameters.ts';
import type { GenerationEngine } from '../../generation/interface.ts';
import type { Store } from '../../store/store.ts';
import type { ErrorAnswers } from '../answer/errors.ts';
import type { Erasure } from '../end-users/erasure.ts';
import type { Tag } from '../openapi/document.ts';
import type { AppPlugin } from '../openapi/route-plugin.ts';
import type { Attach } from '../streaming/attach.ts';
import type { Codec } from '../streaming/codec.ts';
import type { Turns } from './turns.ts';

/** The parts of the server that the routes of a dialect may use. */
export interface DialectDependencies {
  readonly authenticator: Authenticator;
  readonly store: Store;
  readonly engine: GenerationEngine;
  readonly turns: Turns;
  readonly attach: Attach;
  readonly erasure: Pick<Erasure, 'endUsers'>;
  /** What becomes of parameters that OpenAI's API does not have. */
  readonly unknownParameters: UnknownParameters;
  /** Epoch milliseconds. */
  readonly now: () => number;
}

/** `envelope` writes the error bodies of its routes. */
export interface DialectModule<Name extends Dialect = Dialect> extends ErrorAnswers {
  /** Stored with every generation that is started in it, and the value of `?dialect=`. */
  readonly name: Name;
  /** The dialect's section in the OpenAPI document; its routes bear the name. */
  readonly tag: Tag;
  /** Writes the frames of its streams. */
  readonly codec: Codec;
  /** Prefixes of its paths. Unknown paths below them are answered in its envelope too. */
  readonly prefixes: readonly string[];
  /** Adds hooks for its routes, and for unknown paths below its prefixes. */
  addHooks?(app: FastifyInstance): void;
  /** Registers its routes with their whole paths, the schemas that they refer to by name, and hooks if it has any. */
  routes(dependencies: DialectDependencies): AppPlugin;
}
