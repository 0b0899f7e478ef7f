/** Counts the parts of an answer's message as its events come; parts without a text count for nothing. */
import type { ShownEvent } from '../../streaming/shown.ts';

export interface PartPlace {
  /** The index of the part that was begun last; -1 for none. */
  readonly part: number;
  /** Whether a part has begun whose first piece has not come. */
  readonly isOpen: boolean;
}

export const startOfParts: PartPlace = { part: -1, isOpen: false };

export function placeAfter(place: PartPlace, event: ShownEvent): PartPlace {
  const next = { part: place.part + 1, isOpen: false };
  if (typeof event === 'string') return place.isOpen ? next : place;
  switch (event.type) {
    case 'part-started':
      // A call is a part as soon as it has its name.
      return event.kind === 'tool-call' ? next : { ...place, isOpen: true };
    case 'piece':
      return place.isOpen ? next : place;
    case 'sources':
      return next;
    default:
      return place;
  }
}
