/** The names of the views. */
import { catalogue } from '../i18n/catalogue.ts';

export const viewStrings = catalogue('views', {
  chat: 'Chat',
  conversations: 'Conversations',
  personas: 'Personas',
  models: 'Models',
  keys: 'Keys',
  usage: 'Usage',
  members: 'Members',
  settings: 'Settings',
  health: 'Health',
});
