/** Reads the documentation as sections, which the guide searches. */
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const packageRoot = fileURLToPath(new URL('../../../', import.meta.url));
const repositoryRoot = fileURLToPath(new URL('../../../../../', import.meta.url));

/** The folder that holds `docs/`: a published package's own, else the repository's. */
export const documentationRoot = existsSync(join(packageRoot, 'docs')) ? packageRoot : repositoryRoot;

export interface GuideSection {
  /** Path from the documentation's root, with `/`: `docs/operations.md`. */
  readonly file: string;
  /** The anchor that GitHub makes of the heading; empty for text before the first heading. */
  readonly anchor: string;
  readonly heading: string;
  /** Headings above this one, outermost first. */
  readonly trail: readonly string[];
  /** Markdown, without the heading. */
  readonly text: string;
}

/**
 * Reads the sections of `README.md`, `CONTRIBUTING.md` and `docs/**.md` under each root; missing files are passed over.
 * @param roots folders such as the repository's
 */
export async function loadGuideDocuments(roots: readonly string[]): Promise<GuideSection[]> {
  const sections: GuideSection[] = [];
  for (const root of roots)
    for (const file of ['README.md', 'CONTRIBUTING.md', ...(await markdownFiles(root, 'docs'))]) {
      const text = await readFile(join(root, file), 'utf8').catch(absent);
      if (text !== undefined) sections.push(...splitSections(file, text));
    }
  return sections;
}

/** Splits at headings of level 1 to 4, except inside code fences. Sections without text are left out. */
export function splitSections(file: string, markdown: string): GuideSection[] {
  const sections: { heading: string; anchor: string; trail: string[]; lines: string[] }[] = [];
  const above: { level: number; heading: string }[] = [];
  const taken = new Map<string, number>();
  let current = { heading: file, anchor: '', trail: [] as string[], lines: [] as string[] };
  let fence: string | undefined;
  for (const line of markdown.split(/\r?\n/)) {
    const mark = /^\s*(```+|~~~+)/.exec(line)?.[1];
    if (mark !== undefined) fence = fence === undefined ? mark : mark.startsWith(fence) ? undefined : fence;
    const [, hashes, title] = (fence === undefined && /^(#{1,4})\s+(.+?)\s*#*$/.exec(line)) || [];
    if (hashes === undefined || title === undefined) {
      current.lines.push(line);
      continue;
    }
    sections.push(current);
    while ((above.at(-1)?.level ?? 0) >= hashes.length) above.pop();
    const heading = title.replace(/[*`]|\[([^\]]*)\]\([^)]*\)/g, '$1');
    current = {
      heading,
      anchor: anchorOf(heading, taken),
      trail: above.map((item) => item.heading),
      lines: [],
    };
    above.push({ level: hashes.length, heading });
  }
  sections.push(current);
  return sections
    .map(({ heading, anchor, trail, lines }) => ({
      file,
      heading,
      anchor,
      trail,
      text: lines.join('\n').trim(),
    }))
    .filter((section) => section.text !== '');
}

function anchorOf(heading: string, taken: Map<string, number>): string {
  const slug = heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .replace(/\s/g, '-');
  const times = taken.get(slug) ?? 0;
  taken.set(slug, times + 1);
  return times === 0 ? slug : `${slug}-${times}`;
}

async function markdownFiles(root: string, folder: string): Promise<string[]> {
  const entries = await readdir(join(root, folder), { withFileTypes: true }).catch(absent);
  const found: string[] = [];
  for (const entry of entries?.sort((a, b) => a.name.localeCompare(b.name)) ?? []) {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory()) found.push(...(await markdownFiles(root, path)));
    else if (entry.name.endsWith('.md')) found.push(path);
  }
  return found;
}

function absent(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT' && error.code !== 'ENOTDIR') throw error;
}
