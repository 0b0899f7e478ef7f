/** Code points of a title at most, as the server has it where it makes one itself. */
const most = 60;

/** A conversation's title from the first words of its first message; undefined where there are none. */
export function titleOf(content: string): string | undefined {
  const words = content
    .trim()
    .slice(0, 1000)
    .replace(/[\uD800-\uDBFF]$/, '')
    .replace(/\s+/g, ' ');
  const characters = [...words];
  if (characters.length <= most) return words === '' ? undefined : words;
  const cut = characters.slice(0, most - 1).join('');
  const blank = cut.lastIndexOf(' ');
  return `${blank > most / 2 ? cut.slice(0, blank) : cut}…`;
}
