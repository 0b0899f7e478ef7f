/** Reads the list of environment variables as sections, one for each, which the guide searches. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { GuideSection } from './documents.ts';

export const settingsFile = '.env.example';

/** The variables of `.env.example` in the root, each with the comment above it; none where the file is missing. */
export async function loadSettings(root: string): Promise<GuideSection[]> {
  const text = await readFile(join(root, settingsFile), 'utf8').catch(() => '');
  return splitSettings(text);
}

/** A comment's lines begin with `# `, a variable's with `#NAME=`. */
export function splitSettings(text: string): GuideSection[] {
  const sections: GuideSection[] = [];
  let comment: string[] = [];
  for (const line of text.split(/\r?\n/)) {
    const [, name, value] = /^#?([A-Z][A-Z0-9_]*)=(.*)$/.exec(line) ?? [];
    if (name !== undefined) {
      const start = value === '' ? 'Unset by default.' : `Default: \`${value}\`.`;
      const said = [...comment, start].join(' ');
      const where = 'Set it in the environment, or in a file `.env`, and start again.';
      sections.push({
        file: settingsFile,
        anchor: '',
        heading: name,
        trail: ['Settings'],
        text: `${said} ${where}`,
      });
      comment = [];
    } else if (line.startsWith('# ')) comment.push(line.slice(2));
    else comment = [];
  }
  return sections;
}
