/**
 * Follows the end of a text that grows, until the person moves up. Whose move it was is told by the position that was
 * written last, not by timers: a position above it that the list's own shrinking does not explain is the person's.
 */

export interface Metrics {
  /** `scrollTop`, `scrollHeight` and `clientHeight`, in CSS pixels. */
  readonly top: number;
  readonly height: number;
  readonly view: number;
  /** Whether the last item of the list stands in the page. */
  readonly hasLast: boolean;
}

export interface Follower {
  readonly isFollowing: boolean;
  /** Whether something came at the end since it was let go. */
  readonly hasNew: boolean;
  /** After a scroll event. */
  moved(metrics: Metrics): void;
  /** After what is shown has changed. @returns the position to write, if it follows */
  changed(metrics: Metrics, hasGrown: boolean): number | undefined;
  /** After a position was written: what it has become. */
  wrote(top: number): void;
  follow(): void;
  letGo(): void;
}

/** Browsers round positions. */
const slack = 1;
/** So near to the end counts as there. */
const nearEnd = 4;

export function createFollower(): Follower {
  let isFollowing = true;
  let hasNew = false;
  let last = 0;

  const endOf = ({ height, view }: Metrics): number => Math.max(0, height - view);

  /** Lets go if the person has moved up since the last position. */
  function notice(metrics: Metrics): void {
    if (metrics.top < last - slack && metrics.top < endOf(metrics) - slack) isFollowing = false;
  }

  return {
    get isFollowing() {
      return isFollowing;
    },
    get hasNew() {
      return hasNew && !isFollowing;
    },
    moved(metrics) {
      notice(metrics);
      const isDown = metrics.top >= last - slack;
      if (isDown && metrics.hasLast && metrics.top >= endOf(metrics) - nearEnd) {
        isFollowing = true;
        hasNew = false;
      }
      last = metrics.top;
    },
    changed(metrics, hasGrown) {
      notice(metrics);
      if (isFollowing) return endOf(metrics);
      if (hasGrown) hasNew = true;
      return undefined;
    },
    wrote(top) {
      last = top;
    },
    follow() {
      isFollowing = true;
      hasNew = false;
    },
    letGo() {
      isFollowing = false;
    },
  };
}
