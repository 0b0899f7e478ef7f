/** What the tables beside this file hold. */

interface PublishedList {
  readonly values: readonly string[];
  /** The list in `domain`; null for a list of one dialect. */
  readonly list: readonly string[] | null;
  /** Its places in the OpenAPI document: `<component or operationId>.<field>`. Empty if only stored data has it. */
  readonly places: readonly string[];
}

/** By what each list says. */
export type PublishedLists = Readonly<Record<string, PublishedList>>;
