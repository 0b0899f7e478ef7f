/** The text of an answer that is still being written, as far as it is committed. */
import type { GenerationEngine } from '../interface.ts';
import { MessageBuilder } from './message-builder.ts';

export async function committedText(
  engine: Pick<GenerationEngine, 'readEvents'>,
  generationId: string,
): Promise<string> {
  const builder = new MessageBuilder();
  for (const event of await engine.readEvents(generationId, Number.MAX_SAFE_INTEGER)) builder.apply(event);
  return builder.text();
}
