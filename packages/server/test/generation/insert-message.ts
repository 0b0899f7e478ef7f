/** Puts messages into a store without its commands, also messages that no API can make yet. */
import type { TestStore } from 'colloquy-testkit/stores';
import { writeDirectly } from 'colloquy-testkit/write-directly';
import { newId } from '../../src/domain/ids.ts';
import type { MessageRole } from '../../src/domain/message.ts';

export interface InsertedMessage {
  readonly parent: string;
  readonly role: MessageRole;
  readonly text: string;
  /** The message's parts. Default: one part with the text. */
  readonly parts?: readonly object[];
}

/** Adds messages to the session of `sibling`; gives their ids. The last becomes the head only if asked. */
export async function insertMessages(
  place: TestStore,
  sibling: string,
  messages: readonly InsertedMessage[],
  options: { readonly ids?: readonly string[]; readonly movesHead?: boolean } = {},
): Promise<readonly string[]> {
  const { reads } = place.store;
  const { id: _, ...like } = await reads
    .selectFrom('message')
    .selectAll()
    .where('id', '=', sibling)
    .executeTakeFirstOrThrow();
  const { next_position: next } = await reads
    .selectFrom('conversation')
    .select('next_position')
    .where('id', '=', like.conversation_id)
    .executeTakeFirstOrThrow();
  const rows = messages.map((message, index) => ({
    ...like,
    id: options.ids?.[index] ?? newId(),
    parent_id: message.parent,
    role: message.role,
    text: message.text,
    parts: JSON.stringify(message.parts ?? [{ type: 'text', text: message.text }]),
    position: next + index,
    generation_id: null,
    usage: null,
  }));
  await writeDirectly(
    place,
    ...rows.map((row) => reads.insertInto('message').values(row).compile()),
    reads
      .updateTable('conversation')
      .set({ next_position: next + rows.length })
      .where('id', '=', like.conversation_id)
      .compile(),
    ...(options.movesHead === true
      ? [
          reads
            .updateTable('session')
            .set({ head_message_id: rows.at(-1)?.id ?? null })
            .where('id', '=', like.session_id)
            .compile(),
        ]
      : []),
  );
  return rows.map((row) => row.id);
}
