/** Filters and cursors that stand in the address, so that a list can be shared, reloaded and gone back to. */
import { useSearchParams } from 'wouter-preact';

export type SetUrlState = (value: string, more?: Readonly<Record<string, string>>) => void;

/**
 * The parameter of that name; what it is without one is not written into the address. `more` sets others along with it,
 * such as a cursor that a new filter makes void.
 */
export function useUrlState(name: string, initial = ''): readonly [string, SetUrlState] {
  const [params, setParams] = useSearchParams();
  const set: SetUrlState = (value, more = {}) =>
    setParams(
      (before) => {
        const next = new URLSearchParams(before);
        for (const [key, text] of Object.entries({ ...more, [name]: value === initial ? '' : value })) {
          if (text === '') next.delete(key);
          else next.set(key, text);
        }
        return next;
      },
      { replace: true },
    );
  return [params.get(name) ?? initial, set];
}
