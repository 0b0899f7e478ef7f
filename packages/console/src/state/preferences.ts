/** What a person has chosen in this browser. Nothing of it is secret; where nothing can be stored, it lasts for the tab. */
import { createStore, type Store } from './store.ts';

export interface Preferences {
  readonly theme: 'system' | 'light' | 'dark';
  /** BCP 47; null: as the browser. */
  readonly language: string | null;
  readonly sendKey: 'enter' | 'mod-enter';
  /** When screen readers are told of an answer. */
  readonly announcements: 'finished' | 'sentences' | 'end-only';
  readonly organization: string | null;
  readonly environment: 'prod' | 'test';
}

const defaults: Preferences = {
  theme: 'system',
  language: null,
  sendKey: 'enter',
  announcements: 'finished',
  organization: null,
  environment: 'prod',
};

const place = 'colloquy.console';

function read(): Preferences {
  try {
    const stored = JSON.parse(localStorage.getItem(place) ?? '{}') as Partial<Preferences>;
    return { ...defaults, ...stored };
  } catch {
    return defaults;
  }
}

export const preferences: Store<Preferences> = createStore(read());

export function prefer(changes: Partial<Preferences>): void {
  const next = { ...preferences.get(), ...changes };
  preferences.set(next);
  try {
    localStorage.setItem(place, JSON.stringify(next));
  } catch {
    // A browser that stores nothing still has the choice until the tab is closed.
  }
}

/** Keeps `<html>` to the theme that was chosen. */
export function followTheme(): void {
  const apply = () => {
    const { theme } = preferences.get();
    if (theme === 'system') delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = theme;
  };
  apply();
  preferences.subscribe(apply);
}
