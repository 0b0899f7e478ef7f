/** The console in Portuguese of Portugal. People are addressed in the third person, without a pronoun where that is possible. */
import type { Language } from '../texts.ts';
import { keys, members, models } from './administration.ts';
import { chat, conversations } from './conversations.ts';
import { access, api, creators, limits, parts, shell, views } from './frame.ts';
import { health, usage } from './operation.ts';
import { personas } from './personas.ts';
import { settings } from './settings.ts';

export const pt: Language = {
  access,
  api,
  chat,
  conversations,
  creators,
  health,
  keys,
  limits,
  members,
  models,
  parts,
  personas,
  settings,
  shell,
  usage,
  views,
};
