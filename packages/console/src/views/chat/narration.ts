/** Tells screen readers of the answer that is being written, as the person has chosen to hear it. */
import type { ConversationSnapshot } from '@colloquy/client/store';
import { type Announcer, createNarrator, type Narration, troubleOf, useStrings } from '@colloquy/ui';
import { useEffect, useMemo, useRef } from 'preact/hooks';
import { currentLanguage } from '../../i18n/catalogue.ts';
import { preferences } from '../../state/preferences.ts';
import { useStore } from '../../state/store.ts';
import { chatStrings } from './strings.ts';

const narrations = {
  finished: 'finished',
  sentences: 'written',
  'end-only': 'done',
} as const satisfies Readonly<Record<string, Narration>>;

export function useNarration(announcer: Announcer, { messages, status }: ConversationSnapshot): void {
  const strings = useStrings();
  const { announcements } = useStore(preferences);
  const narrator = useMemo(
    () =>
      createNarrator(announcer, strings, {
        narration: narrations[announcements],
        language: currentLanguage(),
      }),
    [announcer, strings, announcements],
  );
  const followed = useRef<string | undefined>(undefined);
  const before = useRef(status);
  const last = messages.at(-1);
  useEffect(() => {
    if (last === undefined || last.role !== 'assistant') return;
    const isOpen = last.status === 'sending' || last.status === 'queued' || last.status === 'running';
    if (isOpen && followed.current !== last.key) {
      followed.current = last.key;
      narrator.begin();
    }
    if (followed.current !== last.key) return;
    if (isOpen) {
      narrator.write(last.content);
      return;
    }
    followed.current = undefined;
    if (last.status === 'done') narrator.end(last.content, 'done');
    else if (last.status === 'cancelled') narrator.end(last.content, 'stopped');
    else narrator.end(last.content, { trouble: strings.trouble(troubleOf(last.error?.code ?? 'internal')) });
  }, [last, narrator, strings]);
  useEffect(() => {
    const words = chatStrings();
    if (status === 'reconnecting' && before.current !== status) announcer.say(words.reconnecting);
    if (before.current === 'reconnecting' && status === 'streaming') announcer.say(words.reconnected);
    before.current = status;
  }, [announcer, status]);
}
