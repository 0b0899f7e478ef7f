/** Signing in, what stands around the views, and their shared parts, in Portuguese. */
import { counted } from '../format.ts';
import type { Part } from '../texts.ts';

export const access: Part<'access'> = {
  signIn: 'Iniciar sessão',
  signInWith: (label) => `Iniciar sessão com ${label}`,
  or: 'ou',
  signInByPasskey: 'Iniciar sessão com uma chave de acesso',
  passkeyProblems: {
    cancelled:
      'Não foi usada nenhuma chave de acesso. Talvez este navegador não tenha nenhuma para este endereço, ou a operação tenha sido cancelada.',
    known: 'A conta já tem uma chave de acesso deste dispositivo.',
    failed: 'O navegador não conseguiu fazê-lo.',
  },
  passkeyObstacles: {
    no_host_name: () =>
      'Os navegadores só aceitam chaves de acesso com nomes de anfitrião. Abra o servidor por um nome, como «localhost» nesta máquina.',
    insecure: () => 'Os navegadores só aceitam chaves de acesso por HTTPS, e nesta máquina.',
    off: () => 'As chaves de acesso estão desativadas neste servidor.',
    elsewhere: (origin) => `As chaves de acesso funcionam em ${origin}.`,
    no_browser: () => 'Este navegador não suporta chaves de acesso.',
  },
  email: 'E-mail',
  password: 'Palavra-passe',
  newPassword: 'Nova palavra-passe',
  passwordHint: 'De 12 a 128 caracteres. Algumas palavras são mais fáceis de lembrar do que sinais.',
  passwordShort: 'A palavra-passe precisa de pelo menos 12 caracteres.',
  repeat: 'A mesma palavra-passe outra vez',
  repeatDiffers: 'As duas palavras-passe são diferentes.',
  name: 'O seu nome',
  noAccount: 'Não tem conta? Um administrador pode enviar-lhe uma ligação de convite.',
  noneYet:
    'Ainda ninguém tem conta. Ao arrancar, o servidor mostra uma ligação para criar a primeira: abra essa ligação.',
  forgotten:
    'Esqueceu-se da palavra-passe? Um administrador pode criar uma ligação, tal como «colloquy sign-in-link <email>» no servidor.',
  setup: 'Configurar o Colloquy',
  setupText: 'A primeira conta cuida de todo o servidor e é proprietária da sua primeira organização.',
  setupAction: 'Criar a conta',
  link: 'Damos-lhe as boas-vindas',
  linkText:
    'Esta ligação só pode ser usada uma vez. Escolha a palavra-passe com que passará a iniciar sessão.',
  linkKnown:
    'Já tem uma conta: indique a palavra-passe dela, ou inicie sessão primeiro e volte a abrir a ligação.',
  goOn: 'Continuar',
  linkAction: 'Definir a palavra-passe e iniciar sessão',
  linkGone: 'A ligação já foi usada ou é demasiado antiga. Peça outra.',
  toSignIn: 'Ir para o início de sessão',
  insecure: 'Esta ligação à rede não está cifrada: outros podem ler pelo caminho o que escreve. Use HTTPS.',
  signInErrors: {
    denied: 'A sessão não foi iniciada lá.',
    expired: 'Demorou demasiado, ou foi começado noutro navegador. Comece de novo.',
    no_account: 'Ainda ninguém fez um convite para si. Fale com um administrador.',
    limited: 'Houve demasiadas tentativas. Espere um minuto.',
    failed: 'Não foi possível iniciar sessão lá. O operador encontra o motivo no registo do servidor.',
  },
  asking: 'Um momento',
  failed: 'O servidor não conseguiu dizer quem iniciou sessão',
};

export const api: Part<'api'> = {
  unreachable: 'Não foi possível contactar o servidor.',
  answered: (status) => `O servidor respondeu ${status}.`,
};

export const creators: Part<'creators'> = {
  operator: 'O operador',
  anonymous: 'Alguém sem chave',
  key: (name) => `Chave ${name}`,
  user: (name) => `Utilizador final ${name}`,
  gone: 'Alguém que já não existe',
  unknown: 'Desconhecido',
};

export const limits: Part<'limits'> = {
  none: 'Sem limite',
  usedOf: (used, limit) => `${used} de ${limit}`,
  hint: 'O que fica vazio não tem limite.',
  names: {
    requests_per_minute: 'Pedidos por minuto',
    writes_per_minute: 'Escritas por minuto',
    tokens_per_minute: 'Tokens por minuto',
    tokens_per_day: 'Tokens por dia',
    concurrent_streams: 'Respostas em simultâneo',
    viewers: 'Streams abertos',
    queued_turns: 'Mensagens em espera',
    budget_per_month: 'Custo por mês',
    storage_bytes: 'Bytes guardados',
  },
};

export const parts: Part<'parts'> = {
  optional: '(opcional)',
  copy: 'Copiar',
  copied: 'Copiado',
  copyFailed: 'O navegador não permitiu copiar',
  close: 'Fechar',
  cancel: 'Cancelar',
  save: 'Guardar',
  discard: 'Descartar',
  tryAgain: 'Tentar de novo',
  loading: 'A carregar',
  failed: 'Não foi possível carregar',
  code: (code) => `Código ${code}`,
  request: (id) => `Pedido ${id}`,
  copyRequest: 'Copiar o id do pedido',
  retryIn: (seconds) =>
    counted(seconds, {
      one: 'Pode tentar de novo dentro de # segundo.',
      other: 'Pode tentar de novo dentro de # segundos.',
    }),
  typeName: (name) => `Escreva «${name}» para confirmar`,
  more: 'Mostrar mais',
  pages: 'Páginas da lista',
  firstPage: 'Primeira página',
  nextPage: 'Página seguinte',
  actions: 'Mais ações',
  unsaved: 'Há alterações por guardar. Sair sem elas?',
  missing: 'Este dado é necessário.',
  number: 'Tem de ser um número.',
  least: (bound) => `No mínimo ${bound}.`,
  most: (bound) => `No máximo ${bound}.`,
  short: (bound) => `No mínimo ${bound} caracteres.`,
  long: (bound) => `No máximo ${bound} caracteres.`,
  form: (example) =>
    example === undefined ? 'O formato é outro.' : `O formato é outro; um exemplo é ${example}.`,
  entries: (bound) => `No máximo ${bound} linhas.`,
  perLine: 'Uma entrada por linha.',
  zone: (name) => `Fuso horário: ${name}.`,
  filter: 'Filtrar',
  none: '–',
  comma: ', ',
};

export const shell: Part<'shell'> = {
  skip: 'Saltar para o conteúdo',
  navigation: 'Vistas',
  more: 'Mais',
  organization: 'Organização',
  environment: 'Ambiente',
  prod: 'Produção',
  test: 'Teste',
  testNotice: 'Está a ver os dados do ambiente de teste.',
  insecure: 'Esta ligação não está cifrada: outros na rede podem ler o que escreve.',
  account: 'Conta',
  operator: 'Operador',
  theme: 'Tema',
  themes: { system: 'Como o sistema', light: 'Claro', dark: 'Escuro' },
  signOut: 'Terminar sessão',
  documentation: 'Documentação da API',
  search: 'Procurar',
  palette: 'Ir para ou procurar',
  palettePlaceholder: 'Uma vista, persona, modelo ou palavras de uma conversa',
  nothingFound: 'Nada foi encontrado.',
  groups: { views: 'Vistas', personas: 'Personas', models: 'Modelos', conversations: 'Conversas' },
  shortcuts: 'Atalhos de teclado',
  shortcut: {
    palette: 'Ir para ou procurar',
    help: 'Estes atalhos',
    goTo: (view) => `Ir para ${view}`,
    close: 'Fechar o que está aberto',
  },
  afterwards: 'depois',
  home: 'Ir para o início',
  notFound: 'Não há nada neste endereço',
  notFoundText: 'O endereço pode ser de outra organização, ou o que lá estava já não existe.',
  notMember: (name) => `Não é membro de ${name}`,
  notMemberText:
    'Como operador, administra-a; só os membros têm conversas nela. Convide-se para conversar lá, ou converse numa organização sua.',
  chatIn: (name) => `Conversar em ${name}`,
  invite: 'Convidar um membro',
  noOrganization: 'Ainda não pertence a nenhuma organização',
  noOrganizationText: 'Um proprietário ou administrador de uma pode enviar-lhe uma ligação de convite.',
  viewFailed: 'Não foi possível carregar esta parte da consola',
  viewFailedText: 'O servidor pode ter sido atualizado desde que esta página foi aberta.',
  reload: 'Recarregar a página',
};

export const views: Part<'views'> = {
  chat: 'Chat',
  conversations: 'Conversas',
  personas: 'Personas',
  models: 'Modelos',
  keys: 'Chaves',
  usage: 'Utilização',
  members: 'Membros',
  settings: 'Definições',
  health: 'Estado',
};
