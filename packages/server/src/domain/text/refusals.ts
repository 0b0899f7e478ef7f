/** Recognizes replies in which a model declines or apologizes instead of doing what it was asked for. */

/** Beginnings of such replies, in the languages that models most often fall into. */
const beginnings: readonly RegExp[] = [
  /^(?:i['’]?m|i am|we are|we['’]re)\s+(?:\w+\s+)?(?:sorry|unable|afraid|not able)\b/i,
  /^(?:my apologies|apologies|i (?:do |sincerely )?apologi[sz]e)\b/i,
  /^(?:(?:so|very|really) )?sorry\s*(?:[,.!:;—–-]|$|but\b|i\b)/i,
  /^(?:unfortunately\s*,?\s*)?(?:i|we)\s+(?:can['’]?t|can ?not|could ?n[o'’]t|won['’]?t|will not|do(?:n['’]t| not) (?:have|know|understand|see)|must decline)\b/i,
  /^(?:unfortunately|regrettably)\s*,?\s+(?:i|we|as|there)\b/i,
  /^as an? (?:ai|artificial intelligence|(?:large )?language model|assistant)\b/i,
  /^(?:es tut mir (?:sehr |wirklich )?leid|tut mir leid|leider (?:kann|konnte|darf|bin|habe) ich|ich kann (?:leider |das |dir |ihnen |keine)|entschuldigung\s*[,.!])/i,
  /^(?:(?:je suis )?désolée?(?=[\s,.!]|$)|je ne (?:peux|suis) pas|malheureusement,? je)/i,
  /^(?:lo siento\b|lo lamento\b|no puedo\b|desafortunadamente,? no)/i,
  /^(?:mi dispiace\b|non posso\b|purtroppo non)/i,
  /^(?:desculpe\b|sinto muito\b|não posso\b|infelizmente,? não)/i,
  /^(?:het spijt me|sorry, ik|ik kan (?:je |u )?(?:niet|geen))/i,
  /^(?:przepraszam|przykro mi|niestety nie)/i,
  /^(?:извините|простите|к сожалению|я не могу|вибачте|на жаль)/i,
  /^(?:申し訳|すみません|ごめん|抱歉|对不起|對不起|很抱歉|非常抱歉|我无法|我無法|죄송|미안)/,
  /^(?:عذر|آسف|أعتذر|لا أستطيع|متأسف|مع الأسف|סליחה|אני מצטער|איני יכול|माफ़|क्षमा|खेद)/,
];

/** Characters of a reply that are looked at. */
const looked = 200;

export function isRefusal(reply: string): boolean {
  const start = reply.slice(0, looked).replace(/^[\s"'“”„«»*_#>-]+/, '');
  return beginnings.some((beginning) => beginning.test(start));
}
