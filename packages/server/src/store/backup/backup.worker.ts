/** A thread that writes backups of a store that a server runs on. */
import { workerData } from 'node:worker_threads';
import { answerCalls } from '../../concurrency/worker-calls.ts';
import type { StorePlace } from '../transfer/place.ts';
import { makeBackup } from './backup.ts';

export interface BackupCall {
  readonly file: string;
}

const place = workerData as StorePlace;

answerCalls(async ({ file }: BackupCall) => (await makeBackup(place, file, { isReplacing: false })).bytes);
