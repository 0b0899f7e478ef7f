#!/usr/bin/env node
/** The launcher: plain JavaScript, so that an old Node.js can read it and go on with a new one. */
import { URL } from 'node:url';
import { continueWithNode } from './node-version.js';

continueWithNode(new URL('./relaunched.js', import.meta.url), process.argv.slice(2), () =>
  import('./program.js').then(({ runProgram }) => runProgram(process.argv.slice(2))),
);
