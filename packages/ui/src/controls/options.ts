/** What a list to choose from holds, and which of it is meant by what was typed. */

export interface Option {
  readonly id: string;
  readonly label: string;
  /** Shown beside the label, and searched too. */
  readonly detail?: string;
}

/** Those that hold every word, in their order; those whose label begins with what was typed first. */
export function matching(options: readonly Option[], query: string): readonly Option[] {
  const typed = folded(query).trim();
  if (typed === '') return options;
  const words = typed.split(/\s+/);
  const found = options.filter(({ label, detail = '' }) => {
    const text = folded(`${label} ${detail}`);
    return words.every((word) => text.includes(word));
  });
  const begins = ({ label }: Option): boolean => folded(label).startsWith(typed);
  return [...found.filter(begins), ...found.filter((option) => !begins(option))];
}

/** Without case and marks. */
function folded(text: string): string {
  return text.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase();
}
