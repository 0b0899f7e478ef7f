/**
 * One server per data directory: an SQLite file that the process keeps locked. The operating system
 * holds the lock and releases it when the process ends, however it ends. A file without a lock on it means nothing.
 */
import { DatabaseSync } from 'node:sqlite';

export class DataDirectoryInUseError extends Error {
  constructor(dataDir: string) {
    super(
      `another Colloquy server is running on the data directory ${dataDir}; ` +
        'stop it, or give this one another directory in DATA_DIR',
    );
    this.name = 'DataDirectoryInUseError';
  }
}

/** @throws DataDirectoryInUseError */
export function lockForServer(path: string, dataDir: string): Disposable {
  const lock = new DatabaseSync(path, { timeout: 0 });
  try {
    lock.exec('begin exclusive');
  } catch (error) {
    lock.close();
    if (error instanceof Error && /locked|busy/i.test(error.message))
      throw new DataDirectoryInUseError(dataDir);
    throw error;
  }
  return { [Symbol.dispose]: () => lock.close() };
}
