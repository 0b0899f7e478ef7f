/**
 * This module is preloaded into a server and shifts its `Date` by the milliseconds in the file FAULTS_CLOCK_FILE, which
 * may change while the server runs. It does not change the database's clock and the monotonic clock.
 */
import { readFileSync } from 'node:fs';

const path = process.env.FAULTS_CLOCK_FILE;
const RealDate = Date;
const lookMs = 50;

if (path !== undefined) {
  let lastLook = Number.NEGATIVE_INFINITY;
  let offsetMs = 0;
  const now = (): number => {
    if (performance.now() - lastLook > lookMs) {
      lastLook = performance.now();
      offsetMs = Number(readFileSync(path, 'utf8')) || 0;
    }
    return RealDate.now() + offsetMs;
  };
  globalThis.Date = new Proxy(RealDate, {
    construct: (target, args, newTarget) =>
      Reflect.construct(target, args.length === 0 ? [now()] : args, newTarget) as object,
    apply: () => new RealDate(now()).toString(),
    get: (target, name, receiver) => (name === 'now' ? now : Reflect.get(target, name, receiver)),
  });
}
