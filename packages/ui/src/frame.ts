/** Values that change more often than the screen: what is shown changes once a frame. */
import { useEffect, useRef, useState } from 'preact/hooks';

/**
 * `value`, at most once per animation frame while `isLive`; at once when it is over, so that the last state never waits for
 * a frame that a hidden page does not draw.
 */
export function useFrameValue<Value>(value: Value, isLive: boolean): Value {
  const [shown, setShown] = useState(value);
  const newest = useRef(value);
  const frame = useRef<number | undefined>(undefined);
  newest.current = value;
  useEffect(() => {
    if (!isLive || frame.current !== undefined) return;
    frame.current = requestAnimationFrame(() => {
      frame.current = undefined;
      setShown(newest.current);
    });
  }, [value, isLive]);
  useEffect(
    () => () => {
      if (frame.current !== undefined) cancelAnimationFrame(frame.current);
    },
    [],
  );
  return isLive ? shown : value;
}
