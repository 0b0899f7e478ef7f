/** The words of the shared parts. */
import { catalogue } from '../i18n/catalogue.ts';
import { plural } from '../i18n/format.ts';

export const partStrings = catalogue('parts', {
  optional: '(optional)',
  copy: 'Copy',
  copied: 'Copied',
  copyFailed: 'The browser did not allow copying',
  close: 'Close',
  cancel: 'Cancel',
  save: 'Save',
  discard: 'Discard',
  tryAgain: 'Try again',
  loading: 'Loading',
  failed: 'This could not be loaded',
  code: (code: string) => `Code ${code}`,
  request: (id: string) => `Request ${id}`,
  copyRequest: 'Copy the request id',
  retryIn: (seconds: number) => `It can be tried again in ${plural(seconds, 'second', 'seconds')}.`,
  typeName: (name: string) => `Type “${name}” to confirm`,
  more: 'Show more',
  pages: 'Pages of the list',
  firstPage: 'First page',
  nextPage: 'Next page',
  actions: 'More actions',
  unsaved: 'There are changes that are not saved. Leave without them?',
  missing: 'This is needed.',
  number: 'This has to be a number.',
  least: (bound: number | string) => `At least ${bound}.`,
  most: (bound: number | string) => `At most ${bound}.`,
  short: (bound: number | string) => `At least ${bound} characters.`,
  long: (bound: number | string) => `At most ${bound} characters.`,
  form: (example: number | string | undefined) =>
    example === undefined ? 'This has another form.' : `This has another form; an example is ${example}.`,
  entries: (bound: number | string) => `At most ${bound} lines.`,
  perLine: 'One entry a line.',
  zone: (name: string) => `Time zone: ${name}.`,
  filter: 'Filter',
  none: '–',
  /** Between the parts of a list. */
  comma: ', ',
});
