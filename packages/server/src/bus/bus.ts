/**
 * Carries small messages between the servers of one store. They are hints: the truth lies in the store, any message may
 * be lost, and whoever waits for one looks into the store too.
 */

/** A script that Redis runs as a whole, with keys of this store alone. */
export interface SharedScript {
  readonly lua: string;
  /** SHA-1 of `lua`, in hex. */
  readonly sha: string;
}

export interface Bus extends AsyncDisposable {
  /** Whether it reaches other servers at all; false of a server that has none. */
  readonly isShared: boolean;
  /** Whether it carries messages now. */
  readonly isUp: boolean;
  /** Why it carries nothing now, for operators and without credentials; undefined while it does. */
  readonly problem: string | undefined;
  /**
   * Sends a message to all that subscribe to the topic, this server among them. Resolves with how many servers got it;
   * undefined if it was lost, because the bus is away or too much waits to be sent.
   */
  publish(topic: string, message: string): Promise<number | undefined>;
  /** Calls the listener, which must not throw, for each message of the topic, in the order in which a server sent them. */
  subscribe(topic: string, listener: (message: string) => void): Disposable;
  /** Calls the listener when the bus comes up or goes away. What was sent in between is lost. */
  onChange(listener: (isUp: boolean) => void): Disposable;
  /** Runs a script; its keys are this store's own. @throws BusAwayError, and what the script fails with */
  run(script: SharedScript, keys: readonly string[], args: readonly string[]): Promise<unknown>;
}

/** The bus does not answer. */
export class BusAwayError extends Error {
  constructor(reason: string) {
    super(`the bus does not answer: ${reason}`);
    this.name = 'BusAwayError';
  }
}

/** The address can't work as it is: an operator has to change it, or the Redis behind it. */
export class BusConfigError extends Error {
  /** What is wrong, as words that follow the name of the setting. */
  readonly found: string;
  constructor(found: string, cause: unknown) {
    super(found, { cause });
    this.name = 'BusConfigError';
    this.found = found;
  }
}

/** The bus of a server that shares none: it reaches nobody. */
export const noBus: Bus = {
  isShared: false,
  isUp: false,
  problem: undefined,
  async publish() {
    return undefined;
  },
  subscribe: () => nothing,
  onChange: () => nothing,
  async run() {
    throw new BusAwayError('there is none');
  },
  async [Symbol.asyncDispose]() {},
};

const nothing: Disposable = { [Symbol.dispose]() {} };
