/** The words for limits. */
import { catalogue } from '../i18n/catalogue.ts';

export const limitStrings = catalogue('limits', {
  none: 'Not limited',
  usedOf: (used: string, limit: string) => `${used} of ${limit}`,
  hint: 'What is left empty is not limited.',
  names: {
    requests_per_minute: 'Requests a minute',
    writes_per_minute: 'Writes a minute',
    tokens_per_minute: 'Tokens a minute',
    tokens_per_day: 'Tokens a day',
    concurrent_streams: 'Answers at once',
    viewers: 'Open streams',
    queued_turns: 'Waiting turns',
    budget_per_month: 'Cost a month',
    storage_bytes: 'Stored bytes',
  },
});

export function limitName(name: string): string {
  return (limitStrings().names as Readonly<Record<string, string>>)[name] ?? name;
}
