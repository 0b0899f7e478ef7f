/** The pages for browsers, made once for all servers of the tests. */
import { mkdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const shared = fileURLToPath(new URL('../../../node_modules/.cache/bundles', import.meta.url));

/**
 * Leads a server's `DATA_DIR/cache` to one place, where it finds what another has made of the same sources. Without it
 * each server of a test bundles them anew, which takes longer than most tests.
 */
export async function shareBundles(dataDir: string): Promise<void> {
  await mkdir(shared, { recursive: true });
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  await symlink(shared, join(dataDir, 'cache')).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error;
  });
}
