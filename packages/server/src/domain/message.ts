/** Messages: a tree per session; history is the ancestor chain of the message that is answered. */
import type { GenerationStatus } from './generation.ts';
import type { MessageRole } from './request/parts.ts';

export { type MessagePart, type MessageRole, messageRoles } from './request/parts.ts';

/** The roles of messages that clients see. */
export const shownRoles = ['user', 'assistant'] as const satisfies readonly MessageRole[];
export type ShownRole = (typeof shownRoles)[number];

/** Whether lists show a message: those of the system and of tools they do not. */
export function isShown({ role }: { readonly role: MessageRole }): boolean {
  return shownRoles.some((shown) => shown === role);
}

/** A message of a client is `done` at once; an answer has the status of its generation. */
export type MessageStatus = GenerationStatus;

/** Longest accepted message, in code points; the chat dialect takes less. */
export const maxMessageCharacters = 200_000;

/** What clients keep beside conversations, sessions and messages: names and texts of their own. */
export type Metadata = Readonly<Record<string, string>>;

/** Pairs at most; characters of a name and of a text at most. */
export const maxMetadataPairs = 16;
export const maxMetadataName = 64;
export const maxMetadataText = 512;

/** As it is stored; null: none. */
export function toStoredMetadata(metadata: Metadata | null | undefined): string | null {
  return metadata == null || Object.keys(metadata).length === 0 ? null : JSON.stringify(metadata);
}

export function fromStoredMetadata(stored: string | null): Metadata {
  return stored === null ? {} : (JSON.parse(stored) as Metadata);
}
