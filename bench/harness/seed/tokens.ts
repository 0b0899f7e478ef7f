/** The search tokens of seeded texts, word by word from memory. */
import {
  type EntryKind,
  type Token,
  tokensOfText,
} from '../../../packages/server/src/store/search/tokens.ts';

export function createTokenizer(organizationId: string): (kind: EntryKind, text: string) => Token[] {
  const tenant = { organizationId, environment: 'prod', endUserId: null } as const;
  const known = { title: new Map<string, Token[]>(), message: new Map<string, Token[]>() };
  return (kind, text) => {
    const tokens = new Set<Token>();
    for (const word of text.split(' ')) {
      const of = known[kind].get(word) ?? tokensOfText(tenant, kind, word);
      known[kind].set(word, of);
      for (const token of of) tokens.add(token);
    }
    return [...tokens];
  };
}
