/**
 * Folds what readers see as one letter into the form in which it is compared: without case, width, accents, points and
 * invisible signs. What is a mark, a digit or invisible is asked of Unicode's properties; only letters that Unicode does
 * not decompose are listed here.
 */

/** Marks that a reader may leave out: accents, Arabic and Hebrew points, variation selectors, and Indic nuktas. */
const optionalMarks =
  /[[[\p{scx=Zinh}\p{scx=Latn}\p{scx=Grek}\p{scx=Cyrl}\p{scx=Copt}\p{scx=Hebr}\p{scx=Arab}\p{scx=Syrc}]&&\p{M}]\u093c\u09bc\u0a3c\u0abc\u0b3c\u0cbc]/gv;
/** Shown as nothing, or as a colour of what stands before. */
const invisible = /[\p{Default_Ignorable_Code_Point}\p{Cf}\p{Emoji_Modifier}\u0640]/gu;

/** Between the digits of ½ once it is decomposed. */
const fractionSlash = '\u2044';

/** Letters without a decomposition in Unicode, by what is typed for them where a keyboard lacks them. */
const plainLetters: ReadonlyMap<string, string> = new Map([
  ...pairs('ßss øo đd ðd łl ħh ŧt ŋn ıi ĸk æae œoe þth'),
  // Final sigma; letters of Arabic that are typed for one another.
  ...pairs('ςσ ىي یي کك ةه ٱا'),
  // Devanagari's candrabindu, which is often written as an anusvara.
  ['\u0901', '\u0902'],
]);

function pairs(list: string): (readonly [string, string])[] {
  return list.split(' ').map((pair) => [pair.slice(0, 1), pair.slice(1)]);
}

const maxCached = 8192;
const cache = new Map<string, string>();

/**
 * The folded form of a letter with its marks. It may hold several letters (a ligature), blanks between them, or nothing.
 */
export function fold(cluster: string): string {
  let folded = cache.get(cluster);
  if (folded === undefined) {
    folded = foldAnew(cluster);
    if (cache.size >= maxCached) cache.clear();
    // A long chain of marks is not worth its place.
    if (cluster.length <= 16) cache.set(cluster, folded);
  }
  return folded;
}

function foldAnew(cluster: string): string {
  const plain = cluster
    .normalize('NFKD')
    .replace(invisible, '')
    .replaceAll(fractionSlash, '/')
    .toLowerCase()
    .normalize('NFKD')
    .replace(optionalMarks, '')
    .normalize('NFC');
  let folded = '';
  for (const sign of plain) folded += plainLetters.get(sign) ?? digit(sign);
  return folded;
}

const decimal = /^\p{Nd}$/u;

/** A decimal digit of any script as 0 to 9. Unicode keeps each script's ten digits together, from zero upwards. */
function digit(sign: string): string {
  if (sign <= '\u007f' || !decimal.test(sign)) return sign;
  const code = sign.codePointAt(0) ?? 0;
  let first = code;
  while (code - first < 100 && decimal.test(String.fromCodePoint(first - 1))) first -= 1;
  return String((code - first) % 10);
}
