/** Signing in, what stands around the views, and their shared parts, in French. */
import { counted } from '../format.ts';
import type { Part } from '../texts.ts';

export const access: Part<'access'> = {
  signIn: 'Se connecter',
  signInWith: (label) => `Se connecter avec ${label}`,
  or: 'ou',
  signInByPasskey: 'Se connecter avec une clé d’accès',
  passkeyProblems: {
    cancelled:
      'Aucune clé d’accès n’a été utilisée. Ce navigateur n’en a peut-être pas pour cette adresse, ou l’opération a été annulée.',
    known: 'Le compte a déjà une clé d’accès de cet appareil.',
    failed: 'Le navigateur n’a pas pu le faire.',
  },
  passkeyObstacles: {
    no_host_name: () =>
      'Les navigateurs n’acceptent les clés d’accès que pour des noms d’hôte. Ouvrez le serveur par un nom, par exemple « localhost » sur cette machine.',
    insecure: () => 'Les navigateurs n’acceptent les clés d’accès qu’en HTTPS, ou sur cette machine.',
    off: () => 'Les clés d’accès sont désactivées sur ce serveur.',
    elsewhere: (origin) => `Les clés d’accès fonctionnent à l’adresse ${origin}.`,
    no_browser: () => 'Ce navigateur ne connaît pas les clés d’accès.',
  },
  email: 'E-mail',
  password: 'Mot de passe',
  newPassword: 'Nouveau mot de passe',
  passwordHint: 'De 12 à 128 caractères. Quelques mots se retiennent mieux que des signes.',
  passwordShort: 'Le mot de passe doit avoir au moins 12 caractères.',
  repeat: 'Le même mot de passe, encore une fois',
  repeatDiffers: 'Les deux mots de passe sont différents.',
  name: 'Votre nom',
  noAccount: 'Pas de compte ? Un administrateur peut vous envoyer un lien d’invitation.',
  noneYet:
    'Personne n’a encore de compte. Au démarrage, le serveur affiche un lien pour créer le premier : ouvrez ce lien.',
  forgotten:
    'Mot de passe oublié ? Un administrateur peut créer un lien, tout comme « colloquy sign-in-link <email> » sur le serveur.',
  setup: 'Configurer Colloquy',
  setupText:
    'Le premier compte administre tout le serveur et devient propriétaire de la première organisation.',
  setupAction: 'Créer le compte',
  link: 'Bienvenue',
  linkText:
    'Ce lien ne peut servir qu’une fois. Choisissez le mot de passe avec lequel vous vous connecterez désormais.',
  linkKnown:
    'Vous avez déjà un compte : indiquez son mot de passe, ou connectez-vous d’abord puis rouvrez le lien.',
  goOn: 'Continuer',
  linkAction: 'Définir le mot de passe et se connecter',
  linkGone: 'Le lien a déjà servi ou a expiré. Demandez-en un autre.',
  toSignIn: 'Aller à la connexion',
  insecure:
    'Cette connexion n’est pas chiffrée : d’autres peuvent lire en chemin ce que vous saisissez. Utilisez HTTPS.',
  signInErrors: {
    denied: 'La connexion y a été refusée.',
    expired: 'Cela a pris trop de temps, ou a été commencé dans un autre navigateur. Recommencez.',
    no_account: 'Personne ne vous a encore invité. Adressez-vous à un administrateur.',
    limited: 'Il y a eu trop de tentatives. Attendez une minute.',
    failed: 'La connexion a échoué. L’exploitant en trouve la raison dans le journal du serveur.',
  },
  asking: 'Un instant',
  failed: 'Le serveur n’a pas pu dire qui est connecté',
};

export const api: Part<'api'> = {
  unreachable: 'Le serveur est injoignable.',
  answered: (status) => `Le serveur a répondu ${status}.`,
};

export const creators: Part<'creators'> = {
  operator: 'L’exploitant',
  anonymous: 'Quelqu’un sans clé',
  key: (name) => `Clé ${name}`,
  user: (name) => `Utilisateur final ${name}`,
  gone: 'Quelqu’un qui n’existe plus',
  unknown: 'Inconnu',
};

export const limits: Part<'limits'> = {
  none: 'Sans limite',
  usedOf: (used, limit) => `${used} sur ${limit}`,
  hint: 'Ce qui reste vide n’est pas limité.',
  names: {
    requests_per_minute: 'Requêtes par minute',
    writes_per_minute: 'Écritures par minute',
    tokens_per_minute: 'Tokens par minute',
    tokens_per_day: 'Tokens par jour',
    concurrent_streams: 'Réponses simultanées',
    viewers: 'Flux ouverts',
    queued_turns: 'Messages en attente',
    budget_per_month: 'Coût par mois',
    storage_bytes: 'Octets stockés',
  },
};

export const parts: Part<'parts'> = {
  optional: '(facultatif)',
  copy: 'Copier',
  copied: 'Copié',
  copyFailed: 'Le navigateur n’a pas permis la copie',
  close: 'Fermer',
  cancel: 'Annuler',
  save: 'Enregistrer',
  discard: 'Abandonner',
  tryAgain: 'Réessayer',
  loading: 'Chargement',
  failed: 'Le chargement a échoué',
  code: (code) => `Code ${code}`,
  request: (id) => `Requête ${id}`,
  copyRequest: 'Copier l’identifiant de la requête',
  retryIn: (seconds) =>
    counted(seconds, {
      one: 'Vous pourrez réessayer dans # seconde.',
      other: 'Vous pourrez réessayer dans # secondes.',
    }),
  typeName: (name) => `Saisissez « ${name} » pour confirmer`,
  more: 'Afficher plus',
  pages: 'Pages de la liste',
  firstPage: 'Première page',
  nextPage: 'Page suivante',
  actions: 'Autres actions',
  unsaved: 'Des modifications ne sont pas enregistrées. Quitter sans les enregistrer ?',
  missing: 'Ce champ est obligatoire.',
  number: 'Un nombre est attendu.',
  least: (bound) => `Au moins ${bound}.`,
  most: (bound) => `Au plus ${bound}.`,
  short: (bound) => `Au moins ${bound} caractères.`,
  long: (bound) => `Au plus ${bound} caractères.`,
  form: (example) =>
    example === undefined
      ? 'Le format attendu est différent.'
      : `Le format attendu est différent ; par exemple ${example}.`,
  entries: (bound) => `Au plus ${bound} lignes.`,
  perLine: 'Une entrée par ligne.',
  zone: (name) => `Fuseau horaire : ${name}.`,
  filter: 'Filtrer',
  none: '–',
  comma: ', ',
};

export const shell: Part<'shell'> = {
  skip: 'Aller au contenu',
  navigation: 'Vues',
  more: 'Plus',
  organization: 'Organisation',
  environment: 'Environnement',
  prod: 'Production',
  test: 'Test',
  testNotice: 'Vous voyez les données de l’environnement de test.',
  insecure: 'Cette connexion n’est pas chiffrée : d’autres sur le réseau peuvent lire ce que vous saisissez.',
  account: 'Compte',
  operator: 'Exploitant',
  theme: 'Thème',
  themes: { system: 'Comme le système', light: 'Clair', dark: 'Sombre' },
  signOut: 'Se déconnecter',
  documentation: 'Documentation de l’API',
  search: 'Rechercher',
  palette: 'Aller à ou rechercher',
  palettePlaceholder: 'Une vue, un persona, un modèle ou les mots d’une conversation',
  nothingFound: 'Aucun résultat.',
  groups: { views: 'Vues', personas: 'Personas', models: 'Modèles', conversations: 'Conversations' },
  shortcuts: 'Raccourcis clavier',
  shortcut: {
    palette: 'Aller à ou rechercher',
    help: 'Ces raccourcis',
    goTo: (view) => `Aller à ${view}`,
    close: 'Fermer ce qui est ouvert',
  },
  afterwards: 'puis',
  home: 'Aller au début',
  notFound: 'Il n’y a rien à cette adresse',
  notFoundText:
    'L’adresse appartient peut-être à une autre organisation, ou ce qui s’y trouvait n’existe plus.',
  notMember: (name) => `Vous n’êtes pas membre de ${name}`,
  notMemberText:
    'En tant qu’exploitant, vous l’administrez ; seuls ses membres y ont des conversations. Invitez-vous pour y discuter, ou discutez dans l’une de vos organisations.',
  chatIn: (name) => `Discuter dans ${name}`,
  invite: 'Inviter un membre',
  noOrganization: 'Vous n’appartenez encore à aucune organisation',
  noOrganizationText: 'Un propriétaire ou un admin peut vous envoyer un lien d’invitation.',
  viewFailed: 'Cette partie de la console n’a pas pu être chargée',
  viewFailedText: 'Le serveur a peut-être été mis à jour depuis l’ouverture de cette page.',
  reload: 'Recharger la page',
};

export const views: Part<'views'> = {
  chat: 'Chat',
  conversations: 'Conversations',
  personas: 'Personas',
  models: 'Modèles',
  keys: 'Clés',
  usage: 'Utilisation',
  members: 'Membres',
  settings: 'Paramètres',
  health: 'État',
};
