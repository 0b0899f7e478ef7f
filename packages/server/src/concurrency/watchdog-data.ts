/** What a worker process, its watchdog and the program know of each other. */

export interface WatchdogData {
  /** The process id of the program. */
  readonly parent: number;
  /** Bound on the resident memory of this process. */
  readonly maxResidentMegabytes: number;
}

/** What a worker process prints to standard error before it ends itself, for the program to know the cause. */
export const beyondResidentMemory = 'beyond its bound on resident memory';
