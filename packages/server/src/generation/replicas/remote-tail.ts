/**
 * The newest committed events of a generation that another server runs, as its owner sends them: all that no segment
 * holds. It follows the owner without a gap, or is lost and asked for anew; meanwhile readers go by the store.
 *
 *     idle ──asked()──► asked ──answer──► live ──gap, left, bus away──► idle
 */
import { type EventRun, eventsFrom, type LogEvent, piecesOf } from '../../domain/event.ts';
import { type LiveListener, pieceCharacters } from '../log/live-generation.ts';
import type { LogTail } from '../log/live-generations.ts';
import type { SentRun } from './messages.ts';

export class RemoteTail implements LogTail {
  readonly #listeners = new Set<LiveListener>();
  #isLive = false;
  #firstSeq = 1;
  #events: LogEvent[] = [];
  #segmentedSeq = 0;

  get isLive(): boolean {
    return this.#isLive;
  }

  get segmentedSeq(): number {
    return this.#segmentedSeq;
  }

  /** The seq of the last event that it has. */
  get lastSeq(): number {
    return this.#firstSeq + this.#events.length - 1;
  }

  get listenerCount(): number {
    return this.#listeners.size;
  }

  committedAfter(seq: number): EventRun | undefined {
    if (!this.#isLive || seq + 1 < this.#firstSeq) return undefined;
    return { firstSeq: seq + 1, events: this.#events.slice(seq + 1 - this.#firstSeq) };
  }

  addListener(listener: LiveListener): void {
    this.#listeners.add(listener);
  }

  removeListener(listener: LiveListener): void {
    this.#listeners.delete(listener);
  }

  /** Takes what the owner sent. `began`: it is live from now on; `lost`: events are missing before these. */
  take(run: SentRun): 'began' | 'went on' | 'lost' | 'ignored' {
    if (!this.#isLive) {
      if (!run.isAnswer) return 'ignored';
      this.#isLive = true;
      this.#firstSeq = run.firstSeq;
      this.#events = [...run.events];
      this.#segmentedSeq = run.segmentedSeq;
      return 'began';
    }
    const firstSeq = this.lastSeq + 1;
    const fresh = eventsFrom(run, firstSeq);
    if (fresh === undefined) {
      this.lose();
      return 'lost';
    }
    for (const event of fresh) this.#events.push(event);
    this.#letGo(run.segmentedSeq);
    for (const piece of piecesOf({ firstSeq, events: fresh }, pieceCharacters)) {
      for (const listener of this.#listeners) listener.onRun(piece);
    }
    return 'went on';
  }

  #letGo(segmentedSeq: number): void {
    if (segmentedSeq <= this.#segmentedSeq) return;
    this.#segmentedSeq = segmentedSeq;
    const count = segmentedSeq + 1 - this.#firstSeq;
    if (count <= 0) return;
    this.#events.splice(0, count);
    this.#firstSeq += count;
  }

  /** Sends its readers to the store. */
  lose(): void {
    this.#isLive = false;
    this.#events = [];
    const listeners = [...this.#listeners];
    this.#listeners.clear();
    for (const listener of listeners) listener.onLeft();
  }
}
