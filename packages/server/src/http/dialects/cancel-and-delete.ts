/** Deletes what answers may be written to, after cancelling them. */
import { AppError } from '../../domain/errors.ts';
import type { GenerationEngine } from '../../generation/interface.ts';
import type { LiveGenerations } from '../../store/queries/generations.ts';

/** Number of tries to cancel and delete; an answer that starts between the two makes another try necessary. */
const deleteTries = 3;

/** `remove` throws a conflict where an answer is being written. @throws AppError as `remove` */
export async function cancelAndDelete<Result>(
  engine: Pick<GenerationEngine, 'settleBeforeDelete'>,
  where: LiveGenerations,
  remove: () => Promise<Result>,
): Promise<Result> {
  for (let tries = 1; ; tries += 1) {
    await engine.settleBeforeDelete([where]);
    try {
      return await remove();
    } catch (error) {
      const isAnswering = error instanceof AppError && error.code === 'conflict';
      if (!isAnswering || tries === deleteTries) throw error;
    }
  }
}
