/** The guide to Colloquy's documentation, which answers where there is no language model. */
import type { BuiltInProviderModule } from './provider.ts';

export const guide = {
  name: 'guide',
  offer: () => ({ name: 'guide' }),
  open: (_record, models) => models.guide,
} as const satisfies BuiltInProviderModule;
