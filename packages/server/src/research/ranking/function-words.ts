/** Words that occur in every text of a language, and so only show which language it is. */

/** Function words that hardly occur in questions in the other languages, by language code. */
export const tellingWords: Readonly<Record<string, readonly string[]>> = {
  en: 'the of is are was what which who how when where why does did and with for from to'.split(' '),
  de: 'der das und ist sind wie wer wann wo warum welche welcher wird nicht ein eine von für'.split(' '),
  fr: 'le les et est sont quel quelle qui quand où pourquoi comment une du des dans pour'.split(' '),
  es: 'el los las y es son qué cuál quién cuándo dónde cómo una del para por'.split(' '),
  it: 'il gli è sono quale chi quando dove perché come della dei nel per'.split(' '),
  pt: 'os é são qual quem quando onde como uma do dos das para não'.split(' '),
  nl: 'het een is zijn wie wat wanneer waar waarom hoe van voor niet'.split(' '),
};

const others = (
  'a an in on at by as or if it its i me my you your we our they them he she his her this that these those be been ' +
  'has have had do can could will would should not but about into over any some there than then so please tell ' +
  'die den dem des im am zum zur mit auf aus bei nach als auch oder hat haben ich du sie er es wir ihr war einen einem ' +
  'la un au aux en ce ces il elle je tu nous vous que dans sur avec a de o e i ne pas lo al se su un con no ' +
  'da di che si nel no na em um de het te op'
).split(' ');

export const functionWords: ReadonlySet<string> = new Set([...Object.values(tellingWords).flat(), ...others]);
