/** What a message says; of an answer that is still being generated, what is committed. */
import { isTerminal } from '../../domain/generation.ts';
import type { ListedMessage } from '../../store/queries/messages.ts';
import type { GenerationEngine } from '../interface.ts';
import { type BuiltMessage, MessageBuilder } from './message-builder.ts';

export async function currentText<Text extends string | Uint8Array>(
  { status, generationId, text }: Pick<ListedMessage, 'status' | 'generationId'> & { readonly text: Text },
  engine: Pick<GenerationEngine, 'readEvents'>,
): Promise<Text | string> {
  return isTerminal(status) || generationId === null
    ? text
    : (await committedMessage(engine, generationId)).text();
}

/** The message of an answer as far as its log tells it. */
export async function committedMessage(
  engine: Pick<GenerationEngine, 'readEvents'>,
  generationId: string,
): Promise<BuiltMessage> {
  const builder = new MessageBuilder();
  for (const event of await engine.readEvents(generationId, Number.MAX_SAFE_INTEGER)) builder.apply(event);
  return builder;
}
