/** What people say to anybody whom they talk to: greetings, thanks, and questions about who answers. */
import { isNear } from './spelling.ts';

/** `help`: what one may ask. */
export type Intent = 'greeting' | 'thanks' | 'farewell' | 'identity' | 'help';

interface Greeting {
  readonly words: readonly string[];
  /** What it is answered with. */
  readonly reply: string;
}

const greetings: readonly Greeting[] = [
  {
    reply: 'Hello!',
    words: phrases(
      'hello|hi|hey|hiya|howdy|yo|greetings|good morning|good evening|good afternoon|good day|hi there|hello there|whats up|sup|how are you|how are you doing|hello world',
    ),
  },
  {
    reply: 'Hallo!',
    words: phrases(
      'hallo|guten tag|guten morgen|guten abend|moin|servus|grüß gott|grüezi|grüß dich|wie geht es dir|wie gehts|hoi|goedemorgen|goedendag',
    ),
  },
  { reply: 'Bonjour !', words: phrases('bonjour|salut|bonsoir|coucou|ça va|comment ça va') },
  {
    reply: '¡Hola!',
    words: phrases('hola|buenos días|buenas tardes|buenas noches|buenas|qué tal|cómo estás'),
  },
  { reply: 'Ciao!', words: phrases('ciao|buongiorno|buonasera|salve|come stai') },
  { reply: 'Olá!', words: phrases('olá|oi|bom dia|boa tarde|boa noite|tudo bem') },
  { reply: 'Hej!', words: phrases('hej|hejsan|god dag|moi|hei|terve') },
  { reply: 'Cześć!', words: phrases('cześć|dzień dobry|witaj|ahoj|dobrý den') },
  {
    reply: 'Здравствуйте!',
    words: phrases('привет|здравствуйте|здравствуй|добрый день|доброе утро|добрый вечер|привіт|вітаю'),
  },
  { reply: 'Merhaba!', words: phrases('merhaba|selam|günaydın') },
  { reply: '你好！', words: phrases('你好|您好|嗨|哈喽|早上好|你好吗') },
  { reply: 'こんにちは！', words: phrases('こんにちは|こんばんは|おはよう|おはようございます|やあ') },
  { reply: '안녕하세요!', words: phrases('안녕하세요|안녕|여보세요') },
  { reply: 'مرحبا!', words: phrases('مرحبا|السلام عليكم|أهلا|سلام|اهلا') },
  { reply: 'שלום!', words: phrases('שלום|היי|בוקר טוב') },
  { reply: 'नमस्ते!', words: phrases('नमस्ते|नमस्कार') },
];

const others: Readonly<Record<Exclude<Intent, 'greeting'>, readonly string[]>> = {
  thanks: phrases(
    'thanks|thank you|thank you very much|thanks a lot|many thanks|thx|ty|cheers|great thanks|ok thanks|perfect thank you|' +
      'thanks for your help|danke|vielen dank|danke schön|dankeschön|herzlichen dank|merci|merci beaucoup|gracias|' +
      'muchas gracias|grazie|grazie mille|obrigado|obrigada|muito obrigado|dank je|dank u|tack|dziękuję|спасибо|' +
      'большое спасибо|дякую|teşekkürler|谢谢|多谢|謝謝|ありがとう|ありがとうございます|감사합니다|شكرا|תודה|धन्यवाद',
  ),
  farewell: phrases(
    'bye|goodbye|good bye|bye bye|see you|see you later|good night|cu|tschüss|tschüs|auf wiedersehen|bis bald|gute nacht|' +
      'au revoir|à bientôt|bonne nuit|adiós|hasta luego|hasta mañana|arrivederci|tchau|até logo|do widzenia|tot ziens|' +
      'до свидания|пока|再见|拜拜|さようなら|またね|안녕히 가세요|مع السلامة|להתראות',
  ),
  identity: phrases(
    'who are you|what are you|who is this|what is this|what is it|what is your name|whats your name|tell me about yourself|' +
      'introduce yourself|are you a bot|are you an ai|are you a robot|are you human|are you a human|are you real|' +
      'are you chatgpt|are you gpt|are you claude|are you a language model|are you an llm|which model are you|' +
      'what model are you|what llm are you|who made you|who am i talking to|who is answering|am i talking to a human|' +
      'what is colloquy|what does colloquy do|wer bist du|was bist du|wer sind sie|wie heißt du|bist du ein mensch|' +
      'bist du eine ki|was ist colloquy|was ist das|qui es tu|qui êtes vous|comment tu t appelles|cest quoi colloquy|' +
      'quién eres|quién es usted|cómo te llamas|qué eres|chi sei|come ti chiami|quem é você|quem és tu|wie ben je|' +
      'кто ты|кто вы|как тебя зовут|что ты такое|хто ти|kim jesteś|你是谁|你是誰|你叫什么|あなたは誰|あなたは誰ですか|당신은 누구|من أنت',
  ),
  help: phrases(
    'what can you do|what do you do|what can i do|what can i ask|what can i ask you|what should i ask|help|help me|' +
      'can you help me|can you help|how can you help|how can you help me|i need help|please help|what do you know|' +
      'how does this work|how does it work|what now|where do i start|where do i begin|how do i start|what are your capabilities|' +
      'what features do you have|what can this do|what is possible|show me what you can do|what can it do|' +
      'what can colloquy do|what else can you do|was kannst du|was kannst du tun|was kannst du alles|was können sie|hilfe|' +
      'kannst du mir helfen|wie funktioniert das|wie fange ich an|que peux tu faire|que sais tu faire|aide|aide moi|aidez moi|' +
      'comment ça marche|qué puedes hacer|qué sabes hacer|ayuda|ayúdame|cómo funciona|cosa puoi fare|che cosa sai fare|' +
      'aiuto|o que você pode fazer|ajuda|wat kan je|wat kun je doen|что ты умеешь|что ты можешь|помощь|помоги|що ти вмієш|' +
      'co potrafisz|你能做什么|你会什么|你可以做什么|帮助|何ができますか|何ができる|助けて|무엇을 할 수 있나요|도와줘|ماذا يمكنك أن تفعل|مساعدة',
  ),
};

/** Words that may stand around any of these without changing what is meant. */
const fillers = new Set(
  'there all everyone everybody guys friend bot sir colloquy please pls so well oh ok okay just again exactly actually today now then here really bitte denn und and mal alles eigentlich'.split(
    ' ',
  ),
);

/** How people write some words in chats. */
const spelledOut: Readonly<Record<string, string>> = {
  u: 'you',
  r: 'are',
  ur: 'your',
  wat: 'what',
  wut: 'what',
  wot: 'what',
  cn: 'can',
  thnx: 'thanks',
  thanx: 'thanks',
  tnx: 'thanks',
  plz: 'please',
};

/** Characters of a message beyond which it is none of these. */
const maxLength = 120;

export interface Understood {
  readonly intent: Intent;
  /** How a greeting is answered. */
  readonly reply?: string;
}

/** Undefined where a message is about something. Slips of the pen are forgiven. */
export function understand(message: string): Understood | undefined {
  if (message.length > maxLength) return undefined;
  const words = wordsOf(message);
  const meant = words.filter((word) => !fillers.has(word));
  for (const one of [words, meant]) {
    if (one.length === 0) continue;
    for (const intent of ['help', 'identity', 'thanks', 'farewell'] as const)
      if (others[intent].some((phrase) => agree(one, phrase, isNear))) return { intent };
    // "Hallo" is no slip of "hello".
    const greeting = greetingOf(one, Object.is) ?? greetingOf(one, isNear);
    if (greeting !== undefined) return { intent: 'greeting', reply: greeting.reply };
  }
  return undefined;
}

/** A message without the greeting that it begins with: "Hi, how do I make a key?" */
export function withoutGreeting(message: string): string {
  const end = message.slice(0, 40).search(/[,.!?:;\n，。！？]/u);
  if (end < 0) return message;
  const understood = understand(message.slice(0, end));
  return understood?.intent === 'greeting' ? message.slice(end + 1).trim() || message : message;
}

type IsSame = (word: string, other: string) => boolean;

function greetingOf(words: readonly string[], isSame: IsSame): Greeting | undefined {
  return greetings.find(({ words: known }) => known.some((phrase) => agree(words, phrase, isSame)));
}

/** Whether both have the same words, in whatever order. */
function agree(words: readonly string[], phrase: string, isSame: IsSame): boolean {
  const left = wordsOf(phrase);
  if (left.length !== words.length) return false;
  return words.every((word) => {
    const at = left.findIndex((other) => isSame(word, other));
    return at >= 0 && left.splice(at, 1).length > 0;
  });
}

/** Each sign of a script without blanks counts as a word. Apostrophes join: "what's" is "whats". */
function wordsOf(text: string): string[] {
  const words =
    text
      .toLowerCase()
      .normalize('NFC')
      .replace(/['’`]/g, '')
      .match(/[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}ー]|[\p{L}\p{M}\p{N}]+/gu) ?? [];
  return words.map((word) => spelledOut[word] ?? word);
}

function phrases(joined: string): readonly string[] {
  return joined.split('|');
}
