/** What the browser keeps: whether the chat is open, and which session a tab shows. Never a text, never a token. */

/** Pages without storage, and those whose storage is full or forbidden, forget. */
function read(storage: () => Storage, key: string): string | undefined {
  try {
    return storage().getItem(key) ?? undefined;
  } catch {
    return undefined;
  }
}

function write(storage: () => Storage, key: string, value: string | undefined): void {
  try {
    if (value === undefined) storage().removeItem(key);
    else storage().setItem(key, value);
  } catch {
    // It is forgotten.
  }
}

export interface Memory {
  isOpen: boolean | undefined;
  /** Of this tab. */
  session: string | undefined;
}

/** @param name tells the chats of one site apart */
export function createMemory(name: string): Memory {
  const openKey = `colloquy ${name} open`;
  const sessionKey = `colloquy ${name} session`;
  return {
    get isOpen() {
      const stored = read(() => localStorage, openKey);
      return stored === undefined ? undefined : stored === 'yes';
    },
    set isOpen(isOpen) {
      write(() => localStorage, openKey, isOpen === undefined ? undefined : isOpen ? 'yes' : 'no');
    },
    get session() {
      return read(() => sessionStorage, sessionKey);
    },
    set session(session) {
      write(() => sessionStorage, sessionKey, session);
    },
  };
}
