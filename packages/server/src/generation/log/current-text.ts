/** The text of a message; of an answer that is still being generated, the text that is committed. */
import { isTerminal } from '../../domain/generation.ts';
import type { ListedMessage } from '../../store/queries/messages.ts';
import type { GenerationEngine } from '../interface.ts';
import { MessageBuilder } from './message-builder.ts';

export async function currentText<Text extends string | Uint8Array>(
  { status, generationId, text }: Pick<ListedMessage, 'status' | 'generationId'> & { readonly text: Text },
  engine: Pick<GenerationEngine, 'readEvents'>,
): Promise<Text | string> {
  return isTerminal(status) || generationId === null ? text : await committedText(engine, generationId);
}

async function committedText(
  engine: Pick<GenerationEngine, 'readEvents'>,
  generationId: string,
): Promise<string> {
  const builder = new MessageBuilder();
  for (const event of await engine.readEvents(generationId, Number.MAX_SAFE_INTEGER)) builder.apply(event);
  return builder.text();
}
