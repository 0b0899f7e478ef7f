/** Cuts a page's text into passages that can be ranked, and quoted, singly. */

/** In UTF-16 units: a passage is at least so long, where the text goes on, */
const leastLength = 400;
/** and at most so long, where a sentence is not longer itself; that is cut hard. */
const mostLength = 800;

/** Whole sentences wherever possible; a passage goes beyond a line (a paragraph) only while it is short. */
export function splitPassages(text: string): readonly string[] {
  const passages: string[] = [];
  let passage = '';
  const add = (piece: string, joint: string) => {
    if (passage !== '' && passage.length + joint.length + piece.length > mostLength) {
      passages.push(passage);
      passage = '';
    }
    passage = passage === '' ? piece : `${passage}${joint}${piece}`;
  };
  for (const line of text.split('\n')) {
    if (passage.length >= leastLength) {
      passages.push(passage);
      passage = '';
    }
    let joint = '\n';
    for (const sentence of sentencesOf(line)) {
      for (const piece of cutHard(sentence)) {
        add(piece, joint);
        joint = ' ';
      }
    }
  }
  if (passage !== '') passages.push(passage);
  return passages;
}

/** A line that fits is not looked into. */
function sentencesOf(line: string): readonly string[] {
  const whole = line.trim();
  if (whole.length <= leastLength) return whole === '' ? [] : [whole];
  // After a mark and a blank, or after a mark of the scripts that write no blanks.
  return whole
    .split(/(?<=[.!?…]["'”’»)\]]{0,2})\s+(?=["'“‘«([]?[\p{Lu}\p{N}\p{Lo}])|(?<=[。！？])/u)
    .map((sentence) => sentence.trim())
    .filter((sentence) => sentence !== '');
}

/** At a blank where there is one, never within a character. */
function cutHard(sentence: string): readonly string[] {
  const pieces: string[] = [];
  let rest = sentence;
  while (rest.length > mostLength) {
    const blank = rest.lastIndexOf(' ', mostLength);
    let end = blank > leastLength ? blank : mostLength;
    if (/[\ud800-\udbff]/.test(rest[end - 1] ?? '')) end--;
    pieces.push(rest.slice(0, end));
    rest = rest.slice(end).trimStart();
  }
  return [...pieces, rest];
}
