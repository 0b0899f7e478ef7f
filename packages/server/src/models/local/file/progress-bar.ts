/** A progress bar on one line of a terminal, drawn at most four times a second. */

export interface BarStream {
  readonly isTTY?: boolean;
  write(text: string): unknown;
}

export interface ProgressBar {
  /** Where `totalBytes` is undefined, only the received amount is shown. */
  update(label: string, receivedBytes: number, totalBytes: number | undefined): void;
  /** Clears the line. */
  end(): void;
}

const intervalMs = 250;
const width = 24;
const clearLine = '\r\x1b[2K';

/** Writes nothing where the stream is no terminal. */
export function createProgressBar(
  stream: BarStream,
  now: () => number = performance.now.bind(performance),
): ProgressBar {
  let drawnAt = Number.NEGATIVE_INFINITY;
  let drawn = false;
  return {
    update(label, receivedBytes, totalBytes) {
      if (stream.isTTY !== true || now() - drawnAt < intervalMs) return;
      drawnAt = now();
      drawn = true;
      stream.write(`${clearLine}${label} ${amount(receivedBytes, totalBytes)}`);
    },
    end() {
      if (drawn) stream.write(clearLine);
      drawn = false;
      drawnAt = Number.NEGATIVE_INFINITY;
    },
  };
}

function amount(receivedBytes: number, totalBytes: number | undefined): string {
  const megabytes = (bytes: number) => (bytes / 1e6).toFixed(bytes < 1e7 ? 1 : 0);
  if (totalBytes === undefined || totalBytes === 0) return `${megabytes(receivedBytes)} MB`;
  const part = Math.min(1, receivedBytes / totalBytes);
  const filled = Math.round(part * width);
  const bar = `[${'='.repeat(filled)}${' '.repeat(width - filled)}]`;
  return `${bar} ${Math.floor(part * 100)} % of ${megabytes(totalBytes)} MB`;
}
