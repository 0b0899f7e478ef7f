/** The words of calls that no answer of the server explains. */
import { catalogue } from '../i18n/catalogue.ts';

export const apiStrings = catalogue('api', {
  unreachable: 'The server could not be reached.',
  answered: (status: number) => `The server answered ${status}.`,
});
