/** HTML's entities in Markdown's text, which the lexer leaves as they are: those that people and models write. */

/** Each character with its name behind it. */
const named = new Map(
  `&amp <lt >gt "quot 'apos \u00a0nbsp \u00adshy ©copy ®reg ™trade …hellip —mdash –ndash ‘lsquo ’rsquo ‚sbquo “ldquo ”rdquo „bdquo «laquo »raquo •bull ·middot €euro £pound ¥yen ¢cent §sect ¶para °deg ±plusmn ×times ÷divide µmicro ½frac12 ¼frac14 ¾frac34 ≤le ≥ge ≠ne ≈asymp ∞infin ←larr ↑uarr →rarr ↓darr ↔harr ⇒rArr ✓check`
    .split(' ')
    .map((pair): [string, string] => [pair.slice(1), pair.charAt(0)]),
);

export function decodeEntities(text: string): string {
  if (!text.includes('&')) return text;
  return text.replace(
    /&(?:#(\d{1,7})|#[xX]([0-9a-fA-F]{1,6})|([A-Za-z][A-Za-z0-9]{1,31}));/g,
    (whole, decimal, hex, name) => {
      if (name !== undefined) return named.get(name) ?? whole;
      const point = decimal === undefined ? Number.parseInt(hex, 16) : Number(decimal);
      // CommonMark §2.5: what is no character is the replacement character.
      const isCharacter = point > 0 && point <= 0x10ffff && !(point >= 0xd800 && point <= 0xdfff);
      return isCharacter ? String.fromCodePoint(point) : '\ufffd';
    },
  );
}
