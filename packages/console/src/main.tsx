/** The console's entry. */
import 'colloquy:styles';
import { StringsProvider } from '@colloquy/ui/strings';
import { render } from 'preact';
import { App } from './app.tsx';
import { applyLanguage } from './i18n/apply-language.ts';
import { followTheme, preferences } from './state/preferences.ts';

followTheme();
const { language } = preferences.get();
const words = await applyLanguage(language === null ? navigator.languages : [language]);
const place = document.getElementById('console');
if (place !== null)
  render(
    <StringsProvider value={words}>
      <App />
    </StringsProvider>,
    place,
  );
