/** The program's log: JSON lines by pino, on standard error; credentials never appear in it. */
import { destination, type Logger, pino } from 'pino';
import type { LogLevel } from './config/config.ts';

export type { Logger } from 'pino';

export function createLog(level: LogLevel): Logger {
  return pino(
    {
      level,
      base: null,
      redact: {
        paths: [
          'req.headers.authorization',
          'req.headers["x-api-key"]',
          'headers.authorization',
          'headers["x-api-key"]',
          '*.apiKey',
          '*.token',
        ],
        censor: '[redacted]',
      },
    },
    destination({ dest: 2, sync: true }),
  );
}
