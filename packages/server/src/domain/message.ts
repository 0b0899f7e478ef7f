/** Messages: a tree per session; history is the ancestor chain of the message that is answered. */
import type { GenerationStatus } from './generation.ts';
import type { MessageRole } from './request/parts.ts';

export { type MessagePart, type MessageRole, messageRoles } from './request/parts.ts';

/** The roles of messages that clients see. */
export const shownRoles = ['user', 'assistant'] as const satisfies readonly MessageRole[];
export type ShownRole = (typeof shownRoles)[number];

/** A message of a client is `done` at once; an answer has the status of its generation. */
export type MessageStatus = GenerationStatus;

/** Longest accepted message, in code points; the chat dialect takes less. */
export const maxMessageCharacters = 200_000;
