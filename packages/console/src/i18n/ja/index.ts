/** The console in Japanese, in the polite form; nobody is addressed by a pronoun. */
import type { Language } from '../texts.ts';
import { keys, members, models } from './administration.ts';
import { chat, conversations } from './conversations.ts';
import { access, api, creators, limits, parts, shell, views } from './frame.ts';
import { health, usage } from './operation.ts';
import { personas } from './personas.ts';
import { settings } from './settings.ts';

export const ja: Language = {
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
