/** A conversation as a file. */
import type { Api } from '../../api/api.ts';
import type { Conversation, Message } from './types.ts';

interface MessagePage {
  readonly messages: readonly Message[];
  readonly next_offset: number | null;
}

const atOnce = 100;

/** All messages of a conversation, of all sessions and branches, oldest first. */
export async function readMessages(api: Api, conversation: Conversation): Promise<readonly Message[]> {
  const messages: Message[] = [];
  let offset: number | null = 0;
  while (offset !== null) {
    const page: MessagePage = await api.get<MessagePage>('/api/conversation/messages', {
      org_id: api.organization.id,
      environment: conversation.environment,
      conversation_id: conversation.id,
      limit: atOnce,
      offset,
      include: 'reasoning',
    });
    messages.push(...page.messages);
    offset = page.next_offset;
  }
  return messages;
}

/** One object a line: the conversation, then its messages. */
export function toJsonLines(conversation: Conversation, messages: readonly Message[]): string {
  const lines = [
    { type: 'conversation', ...conversation },
    ...messages.map((message) => ({ type: 'message', ...message })),
  ];
  return lines.map((line) => `${JSON.stringify(line)}\n`).join('');
}

/** What was said on one branch, to be read. `names` are those of whom each role is. */
export function toMarkdown(
  { title, created_at: at }: Pick<Conversation, 'title' | 'created_at'>,
  messages: readonly Message[],
  nameOf: (message: Message) => string,
): string {
  const parts = messages.map((message) => {
    const sources = message.sources.map(
      ({ index, title: name, url }) => `${index}. [${name || url}](${url})`,
    );
    return [
      `## ${nameOf(message)} (${message.created_at})`,
      message.content,
      ...(sources.length > 0 ? [sources.join('\n')] : []),
    ].join('\n\n');
  });
  return `${[`# ${title}`, at, ...parts].join('\n\n')}\n`;
}
