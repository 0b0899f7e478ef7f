/** GGUF files that llama.cpp runs beside the server: the environment's model, and files that an operator names. */
import type { BuiltInProviderModule } from './provider.ts';

export const local = {
  name: 'local',
  open: (record, models) => models.local.open(record),
  offer: (local) =>
    local.status().state === 'off'
      ? undefined
      : { name: local.name, contextWindow: local.info()?.contextTokens },
  whenReady: (record, models) => models.local.whenReady(record),
} as const satisfies BuiltInProviderModule;
