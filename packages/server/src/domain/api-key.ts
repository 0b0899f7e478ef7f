/** API keys: `sk_<type>_<secret>`; a prefix of the secret stays visible, of the rest only a hash is kept. */
import { environments } from './scope.ts';

/** A key of a conversation environment, or one that administers its organization. */
export const apiKeyTypes = [...environments, 'admin'] as const;
export type ApiKeyType = (typeof apiKeyTypes)[number];
