/** All catalogues of the console by name: what a language translates. A new catalogue: its line here. */
import type { accessStrings } from '../access/strings.ts';
import type { apiStrings } from '../api/strings.ts';
import type { limitStrings } from '../forms/limit-strings.ts';
import type { creatorStrings } from '../parts/creators.ts';
import type { partStrings } from '../parts/strings.ts';
import type { shellStrings } from '../shell/strings.ts';
import type { chatStrings } from '../views/chat/strings.ts';
import type { conversationStrings } from '../views/conversations/strings.ts';
import type { healthStrings } from '../views/health/strings.ts';
import type { keyStrings } from '../views/keys/strings.ts';
import type { memberStrings } from '../views/members/strings.ts';
import type { modelStrings } from '../views/models/strings.ts';
import type { personaStrings } from '../views/personas/strings.ts';
import type { settingsStrings } from '../views/settings/strings.ts';
import type { viewStrings } from '../views/strings.ts';
import type { usageStrings } from '../views/usage/strings.ts';
import type { Translated } from './catalogue.ts';

interface Texts {
  readonly access: ReturnType<typeof accessStrings>;
  readonly api: ReturnType<typeof apiStrings>;
  readonly chat: ReturnType<typeof chatStrings>;
  readonly conversations: ReturnType<typeof conversationStrings>;
  readonly creators: ReturnType<typeof creatorStrings>;
  readonly health: ReturnType<typeof healthStrings>;
  readonly keys: ReturnType<typeof keyStrings>;
  readonly limits: ReturnType<typeof limitStrings>;
  readonly members: ReturnType<typeof memberStrings>;
  readonly models: ReturnType<typeof modelStrings>;
  readonly parts: ReturnType<typeof partStrings>;
  readonly personas: ReturnType<typeof personaStrings>;
  readonly settings: ReturnType<typeof settingsStrings>;
  readonly shell: ReturnType<typeof shellStrings>;
  readonly usage: ReturnType<typeof usageStrings>;
  readonly views: ReturnType<typeof viewStrings>;
}

/** What a language says, in whole. */
export type Language = Translated<Texts>;
/** What a language says of one catalogue. */
export type Part<Name extends keyof Texts> = Translated<Texts[Name]>;
