/** Signing in, what stands around the views, and their shared parts, in Italian. */
import { counted } from '../format.ts';
import type { Part } from '../texts.ts';

export const access: Part<'access'> = {
  signIn: 'Accedi',
  signInWith: (label) => `Accedi con ${label}`,
  or: 'oppure',
  signInByPasskey: 'Accedi con una passkey',
  passkeyProblems: {
    cancelled:
      'Non è stata usata alcuna passkey. Forse in questo browser non ce n’è una per questo indirizzo, o l’operazione è stata annullata.',
    known: 'L’account ha già una passkey di questo dispositivo.',
    failed: 'Il browser non ci è riuscito.',
  },
  passkeyObstacles: {
    no_host_name: () =>
      'I browser accettano passkey solo per nomi di host. Apra il server con un nome, come «localhost» su questa macchina.',
    insecure: () => 'I browser accettano passkey solo tramite HTTPS, e su questa macchina.',
    off: () => 'Le passkey sono disattivate su questo server.',
    elsewhere: (origin) => `Le passkey funzionano su ${origin}.`,
    no_browser: () => 'Questo browser non supporta le passkey.',
  },
  email: 'E-mail',
  password: 'Password',
  newPassword: 'Nuova password',
  passwordHint: 'Da 12 a 128 caratteri. Alcune parole si ricordano meglio dei segni.',
  passwordShort: 'La password deve avere almeno 12 caratteri.',
  repeat: 'La stessa password un’altra volta',
  repeatDiffers: 'Le due password sono diverse.',
  name: 'Il Suo nome',
  noAccount: 'Non ha un account? Un amministratore può inviarLe un link di invito.',
  noneYet:
    'Nessuno ha ancora un account. All’avvio il server mostra un link per creare il primo: apra quel link.',
  forgotten:
    'Password dimenticata? Un amministratore può creare un link, oppure «colloquy sign-in-link <email>» sul server.',
  setup: 'Configura Colloquy',
  setupText:
    'Il primo account si occupa dell’intero server ed è proprietario della sua prima organizzazione.',
  setupAction: 'Crea l’account',
  link: 'Benvenuti',
  linkText: 'Questo link può essere usato una sola volta. Scelga la password con cui accedere d’ora in poi.',
  linkKnown: 'Ha già un account: inserisca la sua password, oppure prima acceda e poi apra di nuovo il link.',
  goOn: 'Continua',
  linkAction: 'Imposta la password e accedi',
  linkGone: 'Il link è già stato usato o è scaduto. Ne chieda un altro.',
  toSignIn: 'Vai all’accesso',
  insecure:
    'Questa connessione non è cifrata: altri possono leggere lungo il percorso ciò che scrive. Usi HTTPS.',
  signInErrors: {
    denied: 'L’accesso lì non è avvenuto.',
    expired: 'È passato troppo tempo, o si è cominciato in un altro browser. Ricominci da capo.',
    no_account: 'Nessuno L’ha ancora invitata. Si rivolga a un amministratore.',
    limited: 'Ci sono stati troppi tentativi. Attenda un minuto.',
    failed: 'L’accesso lì non è riuscito. Il gestore trova il motivo nel log del server.',
  },
  asking: 'Un momento',
  failed: 'Il server non ha saputo dire chi ha effettuato l’accesso',
};

export const api: Part<'api'> = {
  unreachable: 'Il server non è raggiungibile.',
  answered: (status) => `Il server ha risposto ${status}.`,
};

export const creators: Part<'creators'> = {
  operator: 'Il gestore',
  anonymous: 'Qualcuno senza chiave',
  key: (name) => `Chiave ${name}`,
  user: (name) => `Utente finale ${name}`,
  gone: 'Qualcuno che non c’è più',
  unknown: 'Sconosciuto',
};

export const limits: Part<'limits'> = {
  none: 'Senza limiti',
  usedOf: (used, limit) => `${used} di ${limit}`,
  hint: 'Ciò che resta vuoto non ha limiti.',
  names: {
    requests_per_minute: 'Richieste al minuto',
    writes_per_minute: 'Scritture al minuto',
    tokens_per_minute: 'Token al minuto',
    tokens_per_day: 'Token al giorno',
    concurrent_streams: 'Risposte simultanee',
    viewers: 'Stream aperti',
    queued_turns: 'Messaggi in attesa',
    budget_per_month: 'Costo al mese',
    storage_bytes: 'Byte memorizzati',
  },
};

export const parts: Part<'parts'> = {
  optional: '(facoltativo)',
  copy: 'Copia',
  copied: 'Copiato',
  copyFailed: 'Il browser non ha permesso di copiare',
  close: 'Chiudi',
  cancel: 'Annulla',
  save: 'Salva',
  discard: 'Scarta',
  tryAgain: 'Riprova',
  loading: 'Caricamento',
  failed: 'Non è stato possibile caricare',
  code: (code) => `Codice ${code}`,
  request: (id) => `Richiesta ${id}`,
  copyRequest: 'Copia l’id della richiesta',
  retryIn: (seconds) =>
    counted(seconds, {
      one: 'Si può riprovare tra # secondo.',
      other: 'Si può riprovare tra # secondi.',
    }),
  typeName: (name) => `Scriva «${name}» per confermare`,
  more: 'Mostra altro',
  pages: 'Pagine dell’elenco',
  firstPage: 'Prima pagina',
  nextPage: 'Pagina successiva',
  actions: 'Altre azioni',
  unsaved: 'Ci sono modifiche non salvate. Uscire senza salvarle?',
  missing: 'Questo dato è necessario.',
  number: 'Deve essere un numero.',
  least: (bound) => `Almeno ${bound}.`,
  most: (bound) => `Al massimo ${bound}.`,
  short: (bound) => `Almeno ${bound} caratteri.`,
  long: (bound) => `Al massimo ${bound} caratteri.`,
  form: (example) =>
    example === undefined ? 'Il formato è un altro.' : `Il formato è un altro; un esempio è ${example}.`,
  entries: (bound) => `Al massimo ${bound} righe.`,
  perLine: 'Una voce per riga.',
  zone: (name) => `Fuso orario: ${name}.`,
  filter: 'Filtra',
  none: '–',
  comma: ', ',
};

export const shell: Part<'shell'> = {
  skip: 'Vai al contenuto',
  navigation: 'Viste',
  more: 'Altro',
  organization: 'Organizzazione',
  environment: 'Ambiente',
  prod: 'Produzione',
  test: 'Test',
  testNotice: 'Sta vedendo i dati dell’ambiente di test.',
  insecure: 'Questa connessione non è cifrata: altri sulla rete possono leggere ciò che scrive.',
  account: 'Account',
  operator: 'Gestore',
  theme: 'Tema',
  themes: { system: 'Come il sistema', light: 'Chiaro', dark: 'Scuro' },
  signOut: 'Esci',
  documentation: 'Documentazione dell’API',
  search: 'Cerca',
  palette: 'Vai a o cerca',
  palettePlaceholder: 'Una vista, persona, modello o parole di una conversazione',
  nothingFound: 'Non è stato trovato nulla.',
  groups: { views: 'Viste', personas: 'Personas', models: 'Modelli', conversations: 'Conversazioni' },
  shortcuts: 'Scorciatoie da tastiera',
  shortcut: {
    palette: 'Vai a o cerca',
    help: 'Queste scorciatoie',
    goTo: (view) => `Vai a ${view}`,
    close: 'Chiudi ciò che è aperto',
  },
  afterwards: 'poi',
  home: 'Vai all’inizio',
  notFound: 'A questo indirizzo non c’è nulla',
  notFoundText: 'L’indirizzo può essere di un’altra organizzazione, o ciò che c’era non esiste più.',
  notMember: (name) => `Non è membro di ${name}`,
  notMemberText:
    'Come gestore la amministra; solo i suoi membri vi tengono conversazioni. Inviti sé stesso per chattare lì, o chatti in una Sua organizzazione.',
  chatIn: (name) => `Chatta in ${name}`,
  invite: 'Invita un membro',
  noOrganization: 'Non appartiene ancora a nessuna organizzazione',
  noOrganizationText: 'Un proprietario o un amministratore può inviarLe un link di invito.',
  viewFailed: 'Non è stato possibile caricare questa parte della console',
  viewFailedText: 'Il server potrebbe essere stato aggiornato da quando è stata aperta questa pagina.',
  reload: 'Ricarica la pagina',
};

export const views: Part<'views'> = {
  chat: 'Chat',
  conversations: 'Conversazioni',
  personas: 'Personas',
  models: 'Modelli',
  keys: 'Chiavi',
  usage: 'Utilizzo',
  members: 'Membri',
  settings: 'Impostazioni',
  health: 'Stato',
};
