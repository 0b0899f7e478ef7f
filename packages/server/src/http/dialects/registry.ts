/** Every dialect, by its name. */
import type { Dialect } from '../../domain/generation.ts';
import { chat } from './chat/dialect.ts';
import { chats } from './chats/dialect.ts';
import { conversation } from './conversation/dialect.ts';
import type { DialectModule } from './dialect-module.ts';
import { completions } from './openai/completions/dialect.ts';
import { responses } from './openai/responses/dialect.ts';
import { ui } from './ui/dialect.ts';

/** One entry for each dialect that `domain/generation.ts` names; without it the registry does not compile. */
export type DialectRegistry = { readonly [Name in Dialect]: DialectModule<Name> };

export const dialectRegistry: DialectRegistry = {
  chat,
  conversation,
  chats,
  responses,
  completions,
  ui,
};
