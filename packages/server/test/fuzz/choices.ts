/** How often what is made up. */
import fc from 'fast-check';

/** One of several, each as often as its weight says. */
export const weighted = <T>(...options: (readonly [number, fc.Arbitrary<T>])[]): fc.Arbitrary<T> =>
  fc.oneof(...options.map(([weight, arbitrary]) => ({ weight, arbitrary })));

/** Most of them are nothing special. */
export const seldom = <T>(usual: T, odd: fc.Arbitrary<T>, one: number = 12): fc.Arbitrary<T> =>
  weighted([one, fc.constant(usual)], [1, odd]);
