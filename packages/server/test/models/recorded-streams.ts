/** The recorded answers of `streams/`, and the form in which what is read from them is compared. */
import { readdir, readFile } from 'node:fs/promises';
import type { Wire } from 'colloquy-testkit/upstream/scripted-upstream';
import type { ModelPart } from '../../src/models/language-model.ts';

export interface RecordedStream {
  readonly name: string;
  readonly bytes: Buffer;
  readonly wire: Wire;
  /** Default `text/event-stream`. */
  readonly contentType?: string;
  /** What is to be read from it, folded. */
  readonly parts: readonly ModelPart[];
  /** Some of the words of the error that it ends with. */
  readonly error?: string;
  /** The code of that error. Default `provider_error`. */
  readonly code?: string;
}

const folder = new URL('streams/', import.meta.url);

export async function readStreams(): Promise<readonly RecordedStream[]> {
  const files = await readdir(folder);
  const names = files.filter((file) => file.endsWith('.txt')).map((file) => file.slice(0, -4));
  return Promise.all(
    names.sort().map(async (name) => {
      const [bytes, facts] = await Promise.all([
        readFile(new URL(`${name}.txt`, folder)),
        readFile(new URL(`${name}.json`, folder), 'utf8'),
      ]);
      return { ...(JSON.parse(facts) as Omit<RecordedStream, 'name' | 'bytes'>), name, bytes };
    }),
  );
}

/** What a reader makes of an answer's parts: neighbours of one kind joined, the last usage, then the finish. */
export function foldParts(parts: readonly ModelPart[]): readonly ModelPart[] {
  const folded: ModelPart[] = [];
  let usage: ModelPart | undefined;
  for (const part of parts) {
    const last = folded.at(-1);
    if (part.type === 'usage') usage = part;
    else if (part.type === 'text-was-reasoning') {
      const turned = folded.map((one) =>
        one.type === 'text' ? ({ ...one, type: 'reasoning' } as const) : one,
      );
      folded.splice(0, folded.length, ...turned);
    } else if ((part.type === 'text' || part.type === 'reasoning') && last?.type === part.type) {
      folded[folded.length - 1] = { type: part.type, text: last.text + part.text };
    } else folded.push(part);
  }
  if (usage !== undefined) {
    const end = folded.at(-1)?.type === 'finish' ? folded.length - 1 : folded.length;
    folded.splice(end, 0, usage);
  }
  return folded;
}
