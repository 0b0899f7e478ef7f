/** Pages of one browser that show the same session tell each other when something has changed in it. */

export interface Tabs {
  tellOthers(): void;
  close(): void;
}

/** Without `BroadcastChannel` nobody is told, and each page sees what it has done itself. */
export function openTabs(baseUrl: string, session: string, onChange: () => void): Tabs {
  if (typeof BroadcastChannel !== 'function') return { tellOthers() {}, close() {} };
  const channel = new BroadcastChannel(`colloquy ${baseUrl} ${session}`);
  channel.onmessage = onChange;
  // A program of Node.js is not kept from ending.
  (channel as { unref?: () => void }).unref?.();
  return { tellOthers: () => channel.postMessage('changed'), close: () => channel.close() };
}
