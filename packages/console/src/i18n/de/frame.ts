/** Signing in, what stands around the views, and their shared parts, in German. */
import { counted } from '../format.ts';
import type { Part } from '../texts.ts';

export const access: Part<'access'> = {
  signIn: 'Anmelden',
  signInWith: (label) => `Mit ${label} anmelden`,
  or: 'oder',
  signInByPasskey: 'Mit einem Passkey anmelden',
  passkeyProblems: {
    cancelled:
      'Es wurde kein Passkey verwendet. Vielleicht gibt es in diesem Browser keinen für diese Adresse, oder der Vorgang wurde abgebrochen.',
    known: 'Das Konto hat bereits einen Passkey dieses Geräts.',
    failed: 'Der Browser konnte das nicht ausführen.',
  },
  passkeyObstacles: {
    no_host_name: () =>
      'Browser verwenden Passkeys nur mit Hostnamen. Öffnen Sie den Server über einen Namen, auf diesem Rechner etwa „localhost“.',
    insecure: () => 'Browser verwenden Passkeys nur über HTTPS und auf diesem Rechner.',
    off: () => 'Passkeys sind auf diesem Server ausgeschaltet.',
    elsewhere: (origin) => `Passkeys funktionieren unter ${origin}.`,
    no_browser: () => 'Dieser Browser kennt keine Passkeys.',
  },
  email: 'E-Mail',
  password: 'Passwort',
  newPassword: 'Neues Passwort',
  passwordHint: '12 bis 128 Zeichen. Einige Wörter merken sich leichter als Sonderzeichen.',
  passwordShort: 'Das Passwort braucht mindestens 12 Zeichen.',
  repeat: 'Dasselbe Passwort noch einmal',
  repeatDiffers: 'Die beiden Passwörter sind verschieden.',
  name: 'Ihr Name',
  noAccount: 'Kein Konto? Administratoren können Ihnen einen Einladungslink schicken.',
  noneYet:
    'Noch hat niemand ein Konto. Der Server gibt beim Start einen Link für das erste aus: Öffnen Sie diesen Link.',
  forgotten:
    'Passwort vergessen? Administratoren können einen Link erstellen, ebenso „colloquy sign-in-link <email>“ auf dem Server.',
  setup: 'Colloquy einrichten',
  setupText: 'Das erste Konto betreut den ganzen Server und ist Inhaber der ersten Organisation.',
  setupAction: 'Konto anlegen',
  link: 'Willkommen',
  linkText: 'Dieser Link gilt einmal. Wählen Sie ein Passwort, mit dem Sie sich von nun an anmelden.',
  linkKnown:
    'Sie haben schon ein Konto: Geben Sie dessen Passwort ein, oder melden Sie sich zuerst an und öffnen Sie den Link dann noch einmal.',
  goOn: 'Weiter',
  linkAction: 'Passwort setzen und anmelden',
  linkGone: 'Der Link wurde schon benutzt oder ist zu alt. Bitten Sie um einen neuen.',
  toSignIn: 'Zur Anmeldung',
  insecure:
    'Diese Verbindung ist nicht verschlüsselt: Andere können unterwegs mitlesen, was Sie eingeben. Verwenden Sie HTTPS.',
  signInErrors: {
    denied: 'Sie haben sich dort nicht angemeldet.',
    expired: 'Das hat zu lange gedauert oder wurde in einem anderen Browser begonnen. Beginnen Sie von vorn.',
    no_account: 'Sie wurden noch nicht eingeladen. Wenden Sie sich an einen Administrator.',
    limited: 'Das waren zu viele Versuche. Warten Sie eine Minute.',
    failed: 'Die Anmeldung dort ist fehlgeschlagen. Der Grund steht im Protokoll des Servers.',
  },
  asking: 'Einen Augenblick',
  failed: 'Der Server konnte nicht sagen, wer angemeldet ist',
};

export const api: Part<'api'> = {
  unreachable: 'Der Server ist nicht erreichbar.',
  answered: (status) => `Der Server antwortete mit ${status}.`,
};

export const creators: Part<'creators'> = {
  operator: 'Der Betreiber',
  anonymous: 'Jemand ohne Schlüssel',
  key: (name) => `Schlüssel ${name}`,
  user: (name) => `Endnutzer ${name}`,
  gone: 'Jemand, den es nicht mehr gibt',
  unknown: 'Nicht bekannt',
};

export const limits: Part<'limits'> = {
  none: 'Unbegrenzt',
  usedOf: (used, limit) => `${used} von ${limit}`,
  hint: 'Was leer bleibt, ist unbegrenzt.',
  names: {
    requests_per_minute: 'Anfragen pro Minute',
    writes_per_minute: 'Schreibzugriffe pro Minute',
    tokens_per_minute: 'Tokens pro Minute',
    tokens_per_day: 'Tokens pro Tag',
    concurrent_streams: 'Gleichzeitige Antworten',
    viewers: 'Offene Streams',
    queued_turns: 'Wartende Nachrichten',
    budget_per_month: 'Kosten pro Monat',
    storage_bytes: 'Gespeicherte Bytes',
  },
};

export const parts: Part<'parts'> = {
  optional: '(optional)',
  copy: 'Kopieren',
  copied: 'Kopiert',
  copyFailed: 'Der Browser hat das Kopieren nicht erlaubt',
  close: 'Schließen',
  cancel: 'Abbrechen',
  save: 'Speichern',
  discard: 'Verwerfen',
  tryAgain: 'Erneut versuchen',
  loading: 'Lädt',
  failed: 'Das konnte nicht geladen werden',
  code: (code) => `Code ${code}`,
  request: (id) => `Anfrage ${id}`,
  copyRequest: 'ID der Anfrage kopieren',
  retryIn: (seconds) =>
    counted(seconds, {
      one: 'In # Sekunde können Sie es erneut versuchen.',
      other: 'In # Sekunden können Sie es erneut versuchen.',
    }),
  typeName: (name) => `Geben Sie zur Bestätigung „${name}“ ein`,
  more: 'Mehr anzeigen',
  pages: 'Seiten der Liste',
  firstPage: 'Erste Seite',
  nextPage: 'Nächste Seite',
  actions: 'Weitere Aktionen',
  unsaved: 'Es gibt Änderungen, die nicht gespeichert sind. Seite trotzdem verlassen?',
  missing: 'Diese Angabe wird gebraucht.',
  number: 'Hier muss eine Zahl stehen.',
  least: (bound) => `Mindestens ${bound}.`,
  most: (bound) => `Höchstens ${bound}.`,
  short: (bound) => `Mindestens ${bound} Zeichen.`,
  long: (bound) => `Höchstens ${bound} Zeichen.`,
  form: (example) =>
    example === undefined
      ? 'Das hat eine andere Form.'
      : `Das hat eine andere Form, zum Beispiel ${example}.`,
  entries: (bound) => `Höchstens ${bound} Zeilen.`,
  perLine: 'Ein Eintrag pro Zeile.',
  zone: (name) => `Zeitzone: ${name}.`,
  filter: 'Filtern',
  none: '–',
  comma: ', ',
};

export const shell: Part<'shell'> = {
  skip: 'Zum Inhalt springen',
  navigation: 'Ansichten',
  more: 'Mehr',
  organization: 'Organisation',
  environment: 'Umgebung',
  prod: 'Produktion',
  test: 'Test',
  testNotice: 'Sie sehen die Daten der Testumgebung.',
  insecure: 'Diese Verbindung ist nicht verschlüsselt: Andere im Netz können mitlesen, was Sie eingeben.',
  account: 'Konto',
  operator: 'Betreiber',
  theme: 'Farbschema',
  themes: { system: 'Wie das System', light: 'Hell', dark: 'Dunkel' },
  signOut: 'Abmelden',
  documentation: 'API-Dokumentation',
  search: 'Suchen',
  palette: 'Gehe zu oder suche',
  palettePlaceholder: 'Ansicht, Persona, Modell oder Wörter einer Unterhaltung',
  nothingFound: 'Nichts gefunden.',
  groups: { views: 'Ansichten', personas: 'Personas', models: 'Modelle', conversations: 'Unterhaltungen' },
  shortcuts: 'Tastenkürzel',
  shortcut: {
    palette: 'Gehe zu oder suche',
    help: 'Diese Tastenkürzel',
    goTo: (view) => `Gehe zu ${view}`,
    close: 'Schließen, was offen ist',
  },
  afterwards: 'dann',
  home: 'Zum Anfang',
  notFound: 'Unter dieser Adresse gibt es nichts',
  notFoundText:
    'Die Adresse gehört vielleicht zu einer anderen Organisation, oder was dort war, gibt es nicht mehr.',
  notMember: (name) => `Sie sind kein Mitglied von ${name}`,
  notMemberText:
    'Als Betreiber verwalten Sie diese Organisation; Unterhaltungen führen darin nur ihre Mitglieder. Laden Sie sich dort selbst ein, oder chatten Sie in einer Organisation, der Sie angehören.',
  chatIn: (name) => `In ${name} chatten`,
  invite: 'Mitglied einladen',
  noOrganization: 'Sie gehören noch keiner Organisation an',
  noOrganizationText: 'Inhaber und Admins einer Organisation können Ihnen einen Einladungslink schicken.',
  viewFailed: 'Dieser Teil der Konsole konnte nicht geladen werden',
  viewFailedText: 'Vielleicht wurde der Server aktualisiert, seit diese Seite geöffnet wurde.',
  reload: 'Seite neu laden',
};

export const views: Part<'views'> = {
  chat: 'Chat',
  conversations: 'Unterhaltungen',
  personas: 'Personas',
  models: 'Modelle',
  keys: 'Schlüssel',
  usage: 'Nutzung',
  members: 'Mitglieder',
  settings: 'Einstellungen',
  health: 'Zustand',
};
