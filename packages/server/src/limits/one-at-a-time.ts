/** Work that this process does once at a time. */

/** Gives what runs it. That rejects with `busy()` while an earlier run is under way. */
export function oneAtATime(busy: () => Error): <Result>(work: () => Promise<Result>) => Promise<Result> {
  let isUnderWay = false;
  return async (work) => {
    if (isUnderWay) throw busy();
    isUnderWay = true;
    try {
      return await work();
    } finally {
      isUnderWay = false;
    }
  };
}
