/** Tells people how far the local model is. */
import type { LocalModel } from './local-model.ts';

/** A clause such as "the local model … is being loaded"; undefined when the model is ready or off. */
export function localProgressNotice(local: LocalModel): string | undefined {
  const { state, percent, message } = local.status();
  switch (state) {
    case 'fetching':
      return `the local model ${local.name} is being fetched (${percent} %); until it is loaded the guide answers`;
    case 'verifying':
    case 'loading':
      return `the local model ${local.name} is being loaded; until then the guide answers`;
    case 'absent':
      return `the local model ${local.name} is about to be fetched; until it is loaded the guide answers`;
    case 'failed':
      return message;
    default:
      return undefined;
  }
}
