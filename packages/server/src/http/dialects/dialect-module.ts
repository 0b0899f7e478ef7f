/** What a dialect consists of. A dialect is one value of this type; `registry.ts` lists them all. */

import type { Authenticator } from '../../auth/authenticator.ts';
import type { Dialect } from '../../domain/generation.ts';
import type { GenerationEngine } from '../../generation/interface.ts';
import type { Store } from '../../store/store.ts';
import type { ErrorEnvelope } from '../answer/errors.ts';
import type { Tag } from '../openapi/document.ts';
import type { AppPlugin } from '../openapi/route-plugin.ts';
import type { Attach } from '../streaming/attach.ts';
import type { Codec } from '../streaming/codec.ts';
import type { Turns } from './turns.ts';

/** What the routes of a dialect are given. */
export interface DialectDependencies {
  readonly authenticator: Authenticator;
  readonly store: Store;
  readonly engine: GenerationEngine;
  readonly turns: Turns;
  readonly attach: Attach;
  /** Epoch milliseconds. */
  readonly now: () => number;
}

export interface DialectModule<Name extends Dialect = Dialect> {
  /** Stored with every generation that is started in it, and the value of `?dialect=`. */
  readonly name: Name;
  /** The dialect's section in the OpenAPI document; its routes bear the name. */
  readonly tag: Tag;
  /** Writes the errors of its routes. */
  readonly envelope: ErrorEnvelope;
  /** Writes its streams. */
  readonly codec: Codec;
  /** Where its addresses lie. What is unknown below them is answered in the envelope too. */
  readonly prefixes: readonly string[];
  /** Its routes, with their whole paths; the schemas that they refer to by name; hooks, if it has some. */
  routes(dependencies: DialectDependencies): AppPlugin;
}
