/** Runs what arrives in one turn of the event loop together, as far as it may run together. */

export interface GroupingOptions<A, R> {
  /** How many run together at most. */
  readonly most: number;
  /** Gives the results in the order of `all`. */
  together(all: readonly A[]): Promise<readonly R[]>;
  alone(one: A): Promise<R>;
  /** Called with an error of `together`, after which each runs alone, unless this throws: then all fail with that. */
  tellApart(error: unknown): void;
}

interface Waiting<A, R> {
  readonly args: A;
  readonly resolve: (result: R | Promise<R>) => void;
  readonly reject: (error: unknown) => void;
}

/** Gives the function that runs one with those that arrive at the same time. */
export function createGrouping<A, R>(options: GroupingOptions<A, R>): (args: A) => Promise<R> {
  const { most, together, alone, tellApart } = options;
  let waiting: Waiting<A, R>[] = [];
  const run = async (group: readonly Waiting<A, R>[]): Promise<void> => {
    const [only] = group;
    if (only !== undefined && group.length === 1) {
      only.resolve(alone(only.args));
      return;
    }
    let results: readonly R[] | undefined;
    try {
      results = await together(group.map(({ args }) => args));
    } catch (error) {
      try {
        tellApart(error);
      } catch (failure) {
        for (const one of group) one.reject(failure);
        return;
      }
    }
    for (const [index, one] of group.entries()) {
      one.resolve(results === undefined ? alone(one.args) : (results[index] as R));
    }
  };
  const flush = (): void => {
    const all = waiting;
    waiting = [];
    for (let from = 0; from < all.length; from += most) void run(all.slice(from, from + most));
  };
  return (args) =>
    new Promise((resolve, reject) => {
      if (waiting.push({ args, resolve, reject }) === 1) setImmediate(flush);
    });
}
