/** The context sequences of the worker; each serves one generation at a time. */
import type { LlamaContextSequence, Token } from 'node-llama-cpp';

export interface SequencePool {
  /**
   * The idle sequence that shares the longest beginning with the prompt, whose evaluation is then reused.
   * The caller sees to it that there is an idle one: the server never starts more generations than sequences.
   */
  take(prompt: readonly Token[]): LlamaContextSequence;
  giveBack(sequence: LlamaContextSequence): void;
}

export function createSequencePool(sequences: readonly LlamaContextSequence[]): SequencePool {
  const idle = [...sequences];
  return {
    take(prompt) {
      const [first, ...others] = idle;
      if (first === undefined) throw new Error('More generations than sequences');
      let best = first;
      for (const sequence of others) {
        const gain = sharedTokens(sequence, prompt) - sharedTokens(best, prompt);
        // Of equals the one with the shorter state, so that a conversation's state is not thrown away for nothing.
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
