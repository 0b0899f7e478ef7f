/** Lends the worker's context sequences; each serves one generation at a time. */
import type { LlamaContextSequence, Token } from 'node-llama-cpp';

export interface SequencePool {
  /**
   * Takes the idle sequence that shares the longest prefix with the prompt, whose evaluation is then reused.
   * There must be an idle one: the server never starts more generations than there are sequences.
   */
  take(prompt: readonly Token[]): LlamaContextSequence;
  giveBack(sequence: LlamaContextSequence): void;
}

export function createSequencePool(sequences: readonly LlamaContextSequence[]): SequencePool {
  const idle = [...sequences];
  return {
    take(prompt) {
      const [first, ...others] = idle;
      if (first === undefined) throw new Error('more generations than sequences');
      let best = first;
      for (const sequence of others) {
        const gain = sharedTokens(sequence, prompt) - sharedTokens(best, prompt);
        // Among equals the one with the shorter state is taken, so that no conversation's state is dropped needlessly.
        if (gain > 0 || (gain === 0 && sequence.nextTokenIndex < best.nextTokenIndex)) best = sequence;
      }
      idle.splice(idle.indexOf(best), 1);
      return best;
    },
    giveBack(sequence) {
      idle.push(sequence);
    },
  };
}

function sharedTokens(sequence: LlamaContextSequence, prompt: readonly Token[]): number {
  return sequence.compareContextTokens([...prompt]).firstDifferentIndex;
}
