/** The console's entry. */
import 'colloquy:styles';
import { render } from 'preact';
import { App } from './app.tsx';
import { loadLanguage } from './i18n/catalogue.ts';
import { followTheme, preferences } from './state/preferences.ts';

followTheme();
const { language } = preferences.get();
await loadLanguage(language === null ? navigator.languages : [language]);
const place = document.getElementById('console');
if (place !== null) render(<App />, place);
