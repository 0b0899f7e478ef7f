/**
 * Passwords as argon2id (RFC 9106), written as PHC strings with their parameters. Hashing runs on threads of Node's own
 * pool, two at a time, so that it neither holds up the event loop nor takes all of those threads.
 */
import { argon2, randomBytes, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';
import { AppError } from '../../domain/errors.ts';

const derive = promisify(argon2);

/** OWASP's recommendation for argon2id: 19 MiB, two passes, one lane. */
const parameters = { memory: 19_456, passes: 2, parallelism: 1 } as const;
const saltBytes = 16;
const hashBytes = 32;
const atOnce = 2;
const mostWaiting = 30;

export interface Passwords {
  /** @throws AppError overloaded */
  hash(password: string): Promise<string>;
  /**
   * Whether it is the password of this hash. Without one it takes as much work to say no.
   * @throws AppError overloaded
   */
  verify(password: string, hash: string | null): Promise<boolean>;
  /** How many hashes were derived until now. */
  readonly derived: number;
}

/** The same characters, however a keyboard has composed them. */
function bytesOf(password: string): Buffer {
  return Buffer.from(password.normalize('NFKC'), 'utf8');
}

const phc = /^\$argon2id\$v=19\$m=(\d+),t=(\d+),p=(\d+)\$([\w+/]+)\$([\w+/]+)$/;

function unpadded(bytes: Buffer): string {
  return bytes.toString('base64').replace(/=+$/, '');
}

export function createPasswords(): Passwords {
  let running = 0;
  let derived = 0;
  const waiting: (() => void)[] = [];
  /** What is compared where there is no hash. */
  const decoy = { salt: randomBytes(saltBytes), hash: randomBytes(hashBytes) };

  async function inTurn<T>(work: () => Promise<T>): Promise<T> {
    if (waiting.length >= mostWaiting) {
      throw new AppError('overloaded', 'too many people sign in at this moment; try again shortly', {
        retry_after_seconds: 2,
      });
    }
    if (running >= atOnce) await new Promise<void>((resolve) => waiting.push(resolve));
    else running += 1;
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      // The place goes to who has waited longest.
      if (next === undefined) running -= 1;
      else next();
    }
  }

  function deriveFrom(
    password: string,
    salt: Buffer,
    { memory, passes, parallelism }: { memory: number; passes: number; parallelism: number },
    tagLength: number,
  ): Promise<Buffer> {
    return inTurn(() => {
      derived += 1;
      return derive('argon2id', {
        message: bytesOf(password),
        nonce: salt,
        memory,
        passes,
        parallelism,
        tagLength,
      });
    });
  }

  return {
    async hash(password) {
      const salt = randomBytes(saltBytes);
      const hash = await deriveFrom(password, salt, parameters, hashBytes);
      const { memory, passes, parallelism } = parameters;
      return `$argon2id$v=19$m=${memory},t=${passes},p=${parallelism}$${unpadded(salt)}$${unpadded(hash)}`;
    },
    async verify(password, hash) {
      const [, memory, passes, parallelism, salt = '', expected = ''] = phc.exec(hash ?? '') ?? [];
      if (memory === undefined) {
        timingSafeEqual(await deriveFrom(password, decoy.salt, parameters, hashBytes), decoy.hash);
        return false;
      }
      const wanted = Buffer.from(expected, 'base64');
      const found = await deriveFrom(
        password,
        Buffer.from(salt, 'base64'),
        { memory: Number(memory), passes: Number(passes), parallelism: Number(parallelism) },
        wanted.length,
      );
      return timingSafeEqual(found, wanted);
    },
    get derived() {
      return derived;
    },
  };
}
