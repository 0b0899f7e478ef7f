/** The words for what is wrong with a field. */
import { partStrings } from '../parts/strings.ts';
import type { FieldProblem } from './fields.ts';

export function problemText({ kind, bound = '' }: FieldProblem): string {
  const strings = partStrings();
  switch (kind) {
    case 'missing':
      return strings.missing;
    case 'number':
      return strings.number;
    case 'least':
      return strings.least(bound);
    case 'most':
      return strings.most(bound);
    case 'short':
      return strings.short(bound);
    case 'long':
      return strings.long(bound);
    case 'form':
      return strings.form(bound === '' ? undefined : bound);
    case 'entries':
      return strings.entries(bound);
  }
}
