/** `colloquy secrets`: the secret of a server. */
import { commandGroup } from '../admin/options.ts';
import { reset } from './reset.ts';
import { rotate } from './rotate.ts';

export const secrets = commandGroup('secrets', 'the secret that signs tokens and encrypts providers’ keys', [
  rotate,
  reset,
]);
