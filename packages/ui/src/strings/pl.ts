/** The words in Polish. */
import { plural } from './plural.ts';
import type { Strings, Trouble } from './strings.ts';

const troubles: Readonly<Record<Trouble, string>> = {
  signIn: 'Zaloguj się ponownie.',
  forbidden: 'Tutaj nie jest to dozwolone.',
  gone: 'Tej rozmowy już nie ma.',
  tooLong: 'Wiadomość jest za długa.',
  busy: 'W tej chwili jest zbyt wiele zapytań. Spróbuj za moment.',
  spent: 'Dzisiejszy limit został wyczerpany.',
  model: 'Model nie może teraz odpowiedzieć.',
  interrupted: 'Odpowiedź została przerwana. To, co napisano, pozostaje.',
  connection: 'Utracono połączenie.',
  request: 'Nie udało się przyjąć wiadomości.',
  server: 'Coś poszło nie tak.',
};

export const pl: Strings = {
  you: 'Ty',
  answerBy: (name) => (name === undefined ? 'Odpowiedź' : `Odpowiedź: ${name}`),
  message: 'Wiadomość',
  placeholder: 'Napisz wiadomość',
  send: 'Wyślij',
  stop: 'Zatrzymaj',
  copy: 'Kopiuj',
  copied: 'Skopiowano',
  code: (language) => (language === undefined ? 'Kod' : `Kod, ${language}`),
  table: 'Tabela',
  tableOf: (rows) =>
    plural('pl', rows, {
      one: 'Tabela, # wiersz',
      few: 'Tabela, # wiersze',
      many: 'Tabela, # wierszy',
      other: 'Tabela, # wiersza',
    }),
  image: (alternative) => (alternative === '' ? 'Obraz' : `Obraz: ${alternative}`),
  thinking: 'Myśli',
  thought: (seconds) =>
    seconds === undefined
      ? 'Po namyśle'
      : plural('pl', seconds, {
          one: 'Namysł: # sekunda',
          few: 'Namysł: # sekundy',
          many: 'Namysł: # sekund',
          other: 'Namysł: # sekundy',
        }),
  sources: (count) =>
    plural('pl', count, { one: '# źródło', few: '# źródła', many: '# źródeł', other: '# źródła' }),
  toolCall: (name) => `Narzędzie: ${name}`,
  waiting: 'Oczekiwanie na odpowiedź',
  searching: 'Szuka w sieci',
  reading: 'Czyta strony',
  answering: 'Odpowiada',
  finished: 'Odpowiedź gotowa',
  stopped: 'Zatrzymano',
  more: '… więcej',
  queued: (place) => (place === undefined ? 'Czeka na swoją kolej' : `Czeka, miejsce ${place}`),
  remove: 'Usuń',
  regenerate: 'Odpowiedz ponownie',
  continueAnswer: 'Kontynuuj',
  trouble: (kind) => troubles[kind],
  retryIn: (seconds) =>
    plural('pl', seconds, {
      one: 'Możesz napisać ponownie za # sekundę.',
      few: 'Możesz napisać ponownie za # sekundy.',
      many: 'Możesz napisać ponownie za # sekund.',
      other: 'Możesz napisać ponownie za # sekundy.',
    }),
  requestId: (id) => `Zapytanie ${id}`,
  conversation: 'Rozmowa',
  toTheEnd: 'Na koniec',
  newText: 'Nowy tekst',
  loadEarlier: 'Wcześniejsze wiadomości',
  loadLater: 'Późniejsze wiadomości',
  loading: 'Wczytywanie',
  heading: 'Czat',
  greeting: 'Dzień dobry! W czym mogę pomóc?',
  open: 'Otwórz czat',
  close: 'Zamknij czat',
  unread: (count) =>
    plural('pl', count, {
      one: '# nowa odpowiedź',
      few: '# nowe odpowiedzi',
      many: '# nowych odpowiedzi',
      other: '# nowej odpowiedzi',
    }),
  menu: 'Menu',
  newConversation: 'Nowa rozmowa',
  download: 'Pobierz rozmowę',
  deleteConversation: 'Usuń rozmowę',
  deleteQuestion: 'Usunąć tę rozmowę? Tego nie można cofnąć.',
  deleted: 'Rozmowa została usunięta.',
  cancel: 'Anuluj',
  suggestions: 'Propozycje',
  reconnecting: 'Utracono połączenie. Ponowne łączenie…',
  reconnected: 'Połączono ponownie.',
  pleaseSignIn: 'Zaloguj się, aby rozmawiać.',
  signIn: 'Zaloguj się',
  tryAgain: 'Spróbuj ponownie',
  good: 'Dobra odpowiedź',
  bad: 'Zła odpowiedź',
  privacy: 'Prywatność',
};
