/** The model behind the record of a remote provider. */
import type { ModelTimeouts, Preset } from '../domain/model.ts';
import { createAnthropicModel } from './anthropic/messages.ts';
import type { LanguageModel } from './language-model.ts';
import { createOpenAiChatModel } from './openai/chat.ts';
import type { OpenAiQuirks } from './openai/request.ts';
import type { RemoteProviderModule } from './providers/provider.ts';
import { endpointsOf, remoteModule } from './providers/registry.ts';
import type { RemoteModelOptions } from './upstream/remote-model.ts';

export interface RemoteModelRecord
  extends Pick<
    RemoteModelOptions,
    | 'headers'
    | 'query'
    | 'extraBody'
    | 'tokenField'
    | 'systemRole'
    | 'greetingRole'
    | 'thinkTags'
    | 'stream'
    | 'learnt'
    | 'onLearnt'
  > {
  readonly provider: RemoteProviderModule['name'];
  /** The provider's name for the model. */
  readonly model: string;
  readonly preset?: Preset | null | undefined;
  /** Absent: the provider's own. */
  readonly baseUrl?: string | undefined;
  readonly apiKey?: string | undefined;
  readonly maxOutputTokens?: number | undefined;
  /** Whether the server was declared to understand vLLM's `continue_final_message`. */
  readonly canContinue?: boolean | undefined;
  /** What the runtime's timeouts are replaced by. */
  readonly timeouts?: ModelTimeouts | undefined;
  /** Absent: as the runtime says. */
  readonly maxRetries?: number | undefined;
}

/** What all remote models of a process share. */
export type RemoteModelRuntime = Pick<
  RemoteModelOptions,
  'dispatcher' | 'isProxied' | 'timeouts' | 'maxRetries' | 'countTokens' | 'backoffMs' | 'random' | 'logger'
>;

/** At another address, any server of the format may stand for a hosted provider: it is asked as those are. */
function quirksAt(
  { baseUrl }: RemoteModelRecord,
  provider: { readonly baseUrl?: string; readonly quirks?: OpenAiQuirks },
): OpenAiQuirks | undefined {
  const { baseUrl: home, quirks } = provider;
  const isAtHome = home === undefined || baseUrl === undefined || baseUrl === home;
  if (isAtHome || quirks === undefined) return quirks;
  const { hints: _, ...others } = quirks;
  return { ...others, maxTokensField: 'max_tokens', developerRole: false };
}

/** @throws TypeError where there is no base URL, or it is no http(s) address */
export function createRemoteModel(record: RemoteModelRecord, runtime: RemoteModelRuntime): LanguageModel {
  const provider = remoteModule(record.provider, record.preset);
  const baseUrl = record.baseUrl ?? provider.baseUrl;
  if (baseUrl === undefined) throw new TypeError(`base_url: the provider ${record.provider} needs one`);
  const options = {
    ...record,
    ...runtime,
    baseUrl,
    timeouts: { ...runtime.timeouts, ...record.timeouts },
    maxRetries: record.maxRetries ?? runtime.maxRetries,
  };
  switch (provider.wire) {
    case 'openai': {
      const canContinue = provider.continuesPrefix === 'if-declared' && record.canContinue;
      return createOpenAiChatModel({
        ...options,
        canContinue,
        quirks: quirksAt(record, provider),
        endpoints: endpointsOf(provider),
      });
    }
    case 'anthropic':
      return createAnthropicModel(options);
  }
}
