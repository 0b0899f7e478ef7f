/** Which of a provider's models is the default, where nobody has chosen one. */

/** Words in the names of the small models of a family. */
const cheapWords: ReadonlySet<string> = new Set([
  ...['mini', 'nano', 'tiny', 'small', 'lite', 'light', 'micro'],
  ...['flash', 'fast', 'instant', 'haiku'],
]);
/** Words in the names of the largest ones. */
const costlyWords: ReadonlySet<string> = new Set([
  ...['opus', 'pro', 'max', 'ultra', 'large', 'heavy', 'preview'],
  ...['research', 'reasoner', 'reasoning', 'thinking', 'o1', 'o3'],
]);
/** Characters of a name that are looked at, from its beginning and for a date from its end. */
const lookedAt = 100;
/** Words in the names of models that are made for other work than conversation. */
const specialWords: ReadonlySet<string> = new Set([
  ...['code', 'coder', 'codex', 'codestral', 'devstral', 'math', 'mathstral', 'prover'],
  ...['search', 'computer', 'robotics', 'translate', 'mt', 'voxtral', 'base', 'exp'],
]);
/** A model of so many billion parameters is a large one. */
const manyBillions = 100;

/**
 * The provider's documented default first, if it is offered; else the first model whose name says that it is a small
 * one (mini, flash, haiku, …), else the first whose name does not say that it is a large one (opus, pro, 405b, …), else
 * the first. Models whose names say that they are made for code, search or other special work come after all others, and
 * names of dated versions after those without a date. The others keep their order.
 */
export function bestFirst<Model extends { readonly name: string }>(
  models: readonly Model[],
  documented: string | undefined,
): readonly Model[] {
  const best = models.find(({ name }) => name === documented) ?? cheapest(models);
  return best === undefined ? models : [best, ...models.filter((model) => model !== best)];
}

function cheapest<Model extends { readonly name: string }>(models: readonly Model[]): Model | undefined {
  let best: Model | undefined;
  let lowest = Number.POSITIVE_INFINITY;
  for (const model of models) {
    const rank = rankOf(model.name);
    if (rank < lowest) [best, lowest] = [model, rank];
  }
  return best;
}

function rankOf(name: string): number {
  const words = name
    .slice(0, lookedAt)
    .toLowerCase()
    .split(/[^a-z0-9.]+/);
  const isCheap = words.some((word) => cheapWords.has(word));
  const isCostly = words.some((word) => costlyWords.has(word) || billionsOf(word) >= manyBillions);
  const isSpecial = words.some((word) => specialWords.has(word));
  const isDated = /\d{4}-?\d{2}-?\d{2}|-\d{4}$/.test(name.slice(-lookedAt));
  return (isSpecial ? 8 : 0) + (isCheap ? 0 : 4) + (isCostly ? 2 : 0) + (isDated ? 1 : 0);
}

/** Of `70b`: 70; of words that are no size: 0. */
function billionsOf(word: string): number {
  return Number(/^(\d+(?:\.\d+)?)b$/.exec(word)?.[1] ?? 0);
}
