/** Pages of lists, as the administration answers them. */

export interface List<Entry> {
  readonly data: readonly Entry[];
  /** Null: there is no further page. */
  readonly next_cursor: string | null;
}

/** So many that an organization's models, personas or keys are read at once. */
export const allOfThem = 1000;
