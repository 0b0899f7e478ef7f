/** When views are told: at most once for each frame that is painted. */

const frameMs = 16;
/** Pages that are not painted have no frames. */
const unpaintedMs = 250;

export function scheduleFrame(flush: () => void): void {
  if (typeof requestAnimationFrame !== 'function') {
    setTimeout(flush, frameMs);
    return;
  }
  const finish = (): void => {
    clearTimeout(timer);
    cancelAnimationFrame(frame);
    flush();
  };
  const timer = setTimeout(finish, unpaintedMs);
  const frame = requestAnimationFrame(finish);
}
