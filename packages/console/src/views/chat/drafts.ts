/** What was written and not sent yet, by conversation, as long as the tab is open. */
const prefix = 'colloquy.draft.';

export function draftOf(key: string): string {
  try {
    return sessionStorage.getItem(prefix + key) ?? '';
  } catch {
    return '';
  }
}

export function keepDraft(key: string, text: string): void {
  try {
    if (text === '') sessionStorage.removeItem(prefix + key);
    else sessionStorage.setItem(prefix + key, text);
  } catch {
    // A browser that stores nothing loses it when the conversation is left.
  }
}
