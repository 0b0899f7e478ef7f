/** Cuts a page's text into passages that can be ranked and quoted one by one. */

/** The least length of a passage that is not the last one, in UTF-16 units. */
const leastLength = 400;
/** The greatest length of a passage, in UTF-16 units. A longer sentence is cut. */
const mostLength = 800;

/** Keeps sentences whole where possible. A passage continues beyond a line (a paragraph) only while it is too short. */
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

/** The sentences of a line; a line that fits is returned whole. */
function sentencesOf(line: string): readonly string[] {
  const whole = line.trim();
  if (whole.length <= leastLength) return whole === '' ? [] : [whole];
  // Splits after a mark and a blank, or after a mark of scripts without blanks.
  return whole
    .split(/(?<=[.!?…]["'”’»)\]]{0,2})\s+(?=["'“‘«([]?[\p{Lu}\p{N}\p{Lo}])|(?<=[。！？])/u)
    .map((sentence) => sentence.trim())
    .filter((sentence) => sentence !== '');
}

/** Cuts at a blank where there is one, and never within a character. */
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
