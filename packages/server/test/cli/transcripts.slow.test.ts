/** The transcript of a clone in the documentation, from an empty directory to the first answer; npm's packages are linked. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { findFreePort } from 'colloquy-testkit/free-port';
import { repeatTranscript } from './transcripts.ts';

const repository = fileURLToPath(new URL('../../../../', import.meta.url));

test('a clone: npm ci, npm start, the first answer', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'colloquy-clone-'));
  try {
    await repeatTranscript('docs/install.md', 'From a clone', {
      directory,
      port: await findFreePort(),
      env: { PATH: `${dirname(process.execPath)}:${process.env.PATH}`, COLLOQUY_LOCAL_MODEL: 'off' },
      instead(command) {
        if (command.startsWith('git clone')) return `git clone -q ${repository} colloquy`;
        if (command === 'cd colloquy && npm ci') {
          const nested = 'packages/server/node_modules';
          return `cd colloquy && ln -s ${repository}node_modules . && { [ ! -d ${repository}${nested} ] || ln -s ${repository}${nested} packages/server/; }`;
        }
        return command;
      },
    });
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
});
