/** Signing in, what stands around the views, and their shared parts, in Spanish. */
import { counted } from '../format.ts';
import type { Part } from '../texts.ts';

export const access: Part<'access'> = {
  signIn: 'Iniciar sesión',
  signInWith: (label) => `Iniciar sesión con ${label}`,
  or: 'o',
  signInByPasskey: 'Iniciar sesión con una llave de acceso',
  passkeyProblems: {
    cancelled:
      'No se usó ninguna llave de acceso. Puede que en este navegador no haya ninguna para esta dirección, o que se haya cancelado.',
    known: 'La cuenta ya tiene una llave de acceso de este dispositivo.',
    failed: 'El navegador no pudo hacerlo.',
  },
  passkeyObstacles: {
    no_host_name: () =>
      'Los navegadores solo admiten llaves de acceso con nombres de host. Abra el servidor por un nombre, como «localhost» en este equipo.',
    insecure: () => 'Los navegadores solo admiten llaves de acceso por HTTPS, y en este equipo.',
    off: () => 'Las llaves de acceso están desactivadas en este servidor.',
    elsewhere: (origin) => `Las llaves de acceso funcionan en ${origin}.`,
    no_browser: () => 'Este navegador no admite llaves de acceso.',
  },
  email: 'Correo electrónico',
  password: 'Contraseña',
  newPassword: 'Contraseña nueva',
  passwordHint: 'De 12 a 128 caracteres. Unas cuantas palabras se recuerdan mejor que los signos.',
  passwordShort: 'La contraseña necesita al menos 12 caracteres.',
  repeat: 'La misma contraseña otra vez',
  repeatDiffers: 'Las dos contraseñas son distintas.',
  name: 'Su nombre',
  noAccount: '¿No tiene cuenta? Un administrador puede enviarle un enlace de invitación.',
  noneYet:
    'Todavía nadie tiene cuenta. Al arrancar, el servidor muestra un enlace para crear la primera: abra ese enlace.',
  forgotten:
    '¿Ha olvidado la contraseña? Un administrador puede crear un enlace, y también «colloquy sign-in-link <email>» en el servidor.',
  setup: 'Configurar Colloquy',
  setupText: 'La primera cuenta se encarga de todo el servidor y es propietaria de su primera organización.',
  setupAction: 'Crear la cuenta',
  link: 'Le damos la bienvenida',
  linkText:
    'Este enlace solo se puede usar una vez. Elija la contraseña con la que iniciará sesión en adelante.',
  linkKnown: 'Ya tiene una cuenta: escriba su contraseña, o inicie sesión primero y abra el enlace de nuevo.',
  goOn: 'Continuar',
  linkAction: 'Guardar la contraseña e iniciar sesión',
  linkGone: 'El enlace ya se ha usado o ha caducado. Pida otro.',
  toSignIn: 'Ir al inicio de sesión',
  insecure: 'Esta conexión no está cifrada: otros pueden leer por el camino lo que escribe. Use HTTPS.',
  signInErrors: {
    denied: 'Allí no se inició sesión.',
    expired: 'Ha tardado demasiado, o se empezó en otro navegador. Empiece de nuevo.',
    no_account: 'Nadie le ha invitado todavía. Diríjase a un administrador.',
    limited: 'Ha habido demasiados intentos. Espere un minuto.',
    failed: 'No se pudo iniciar sesión allí. El operador encontrará el motivo en el registro del servidor.',
  },
  asking: 'Un momento',
  failed: 'El servidor no pudo decir quién ha iniciado sesión',
};

export const api: Part<'api'> = {
  unreachable: 'No se pudo conectar con el servidor.',
  answered: (status) => `El servidor respondió ${status}.`,
};

export const creators: Part<'creators'> = {
  operator: 'El operador',
  anonymous: 'Alguien sin clave',
  key: (name) => `Clave ${name}`,
  user: (name) => `Usuario final ${name}`,
  gone: 'Alguien que ya no existe',
  unknown: 'Desconocido',
};

export const limits: Part<'limits'> = {
  none: 'Sin límite',
  usedOf: (used, limit) => `${used} de ${limit}`,
  hint: 'Lo que se deja vacío no tiene límite.',
  names: {
    requests_per_minute: 'Peticiones por minuto',
    writes_per_minute: 'Escrituras por minuto',
    tokens_per_minute: 'Tokens por minuto',
    tokens_per_day: 'Tokens por día',
    concurrent_streams: 'Respuestas simultáneas',
    viewers: 'Streams abiertos',
    queued_turns: 'Mensajes en espera',
    budget_per_month: 'Coste por mes',
    storage_bytes: 'Bytes almacenados',
  },
};

export const parts: Part<'parts'> = {
  optional: '(opcional)',
  copy: 'Copiar',
  copied: 'Copiado',
  copyFailed: 'El navegador no permitió copiar',
  close: 'Cerrar',
  cancel: 'Cancelar',
  save: 'Guardar',
  discard: 'Descartar',
  tryAgain: 'Reintentar',
  loading: 'Cargando',
  failed: 'No se pudo cargar',
  code: (code) => `Código ${code}`,
  request: (id) => `Petición ${id}`,
  copyRequest: 'Copiar el id de la petición',
  retryIn: (seconds) =>
    counted(seconds, {
      one: 'Se puede reintentar dentro de # segundo.',
      other: 'Se puede reintentar dentro de # segundos.',
    }),
  typeName: (name) => `Escriba «${name}» para confirmar`,
  more: 'Mostrar más',
  pages: 'Páginas de la lista',
  firstPage: 'Primera página',
  nextPage: 'Página siguiente',
  actions: 'Más acciones',
  unsaved: 'Hay cambios sin guardar. ¿Salir sin ellos?',
  missing: 'Este dato es necesario.',
  number: 'Tiene que ser un número.',
  least: (bound) => `Como mínimo ${bound}.`,
  most: (bound) => `Como máximo ${bound}.`,
  short: (bound) => `Como mínimo ${bound} caracteres.`,
  long: (bound) => `Como máximo ${bound} caracteres.`,
  form: (example) =>
    example === undefined ? 'El formato es otro.' : `El formato es otro; un ejemplo es ${example}.`,
  entries: (bound) => `Como máximo ${bound} líneas.`,
  perLine: 'Una entrada por línea.',
  zone: (name) => `Zona horaria: ${name}.`,
  filter: 'Filtrar',
  none: '–',
  comma: ', ',
};

export const shell: Part<'shell'> = {
  skip: 'Ir al contenido',
  navigation: 'Vistas',
  more: 'Más',
  organization: 'Organización',
  environment: 'Entorno',
  prod: 'Producción',
  test: 'Pruebas',
  testNotice: 'Está viendo los datos del entorno de pruebas.',
  insecure: 'Esta conexión no está cifrada: otros en la red pueden leer lo que escribe.',
  account: 'Cuenta',
  operator: 'Operador',
  theme: 'Tema',
  themes: { system: 'Como el sistema', light: 'Claro', dark: 'Oscuro' },
  signOut: 'Cerrar sesión',
  documentation: 'Documentación de la API',
  search: 'Buscar',
  palette: 'Ir a o buscar',
  palettePlaceholder: 'Una vista, persona, modelo o palabras de una conversación',
  nothingFound: 'No se encontró nada.',
  groups: { views: 'Vistas', personas: 'Personas', models: 'Modelos', conversations: 'Conversaciones' },
  shortcuts: 'Atajos de teclado',
  shortcut: {
    palette: 'Ir a o buscar',
    help: 'Estos atajos',
    goTo: (view) => `Ir a ${view}`,
    close: 'Cerrar lo que esté abierto',
  },
  afterwards: 'luego',
  home: 'Ir al principio',
  notFound: 'No hay nada en esta dirección',
  notFoundText: 'Puede que la dirección sea de otra organización, o que lo que había ya no exista.',
  notMember: (name) => `No es miembro de ${name}`,
  notMemberText:
    'Como operador la administra; solo sus miembros tienen conversaciones en ella. Invítese allí para chatear, o chatee en una organización propia.',
  chatIn: (name) => `Chatear en ${name}`,
  invite: 'Invitar a un miembro',
  noOrganization: 'Todavía no pertenece a ninguna organización',
  noOrganizationText: 'Un propietario o administrador de una puede enviarle un enlace de invitación.',
  viewFailed: 'No se pudo cargar esta parte de la consola',
  viewFailedText: 'Puede que el servidor se haya actualizado desde que se abrió esta página.',
  reload: 'Recargar la página',
};

export const views: Part<'views'> = {
  chat: 'Chat',
  conversations: 'Conversaciones',
  personas: 'Personas',
  models: 'Modelos',
  keys: 'Claves',
  usage: 'Uso',
  members: 'Miembros',
  settings: 'Ajustes',
  health: 'Estado',
};
