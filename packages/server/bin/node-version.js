/** Finds a Node.js that is new enough. Plain JavaScript that Node.js 12.20 and later can read. */
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { constants } from 'node:os';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { watchNpm } from './npm-parent.js';

/** The oldest version that runs the server: it has `node:sqlite` and argon2, and reads TypeScript. */
const neededMajor = 24;
const neededMinor = 7;

/**
 * Goes on in this process if its Node.js is new enough, else in a child run by the npm package `node`, whose
 * output, signals and exit code become this process's own. Without that package: a sentence on stderr, exit 1.
 * @param {URL} script what the child runs
 * @param {readonly string[]} args
 * @param {() => Promise<unknown>} goOn
 */
export function continueWithNode(script, args, goOn) {
  if (isNewEnough(process.versions.node)) {
    watchNpm(() => process.kill(process.pid, 'SIGTERM'));
    goOn().catch((error) => {
      console.error(error);
      process.exitCode = 1;
    });
    return;
  }
  const path = fileURLToPath(script);
  const node = findNode(dirname(path));
  if (node === undefined) {
    console.error(tellWhatToDo(dirname(path)));
    process.exitCode = 1;
    return;
  }
  relaunch(node, process.execArgv.concat(path, args));
}

/** @param {string} directory `bin` of the repository, or of a published package, which has no sources */
function tellWhatToDo(directory) {
  const remedy = existsSync(join(directory, '../src/cli/cli.ts'))
    ? 'run "npm ci" in Colloquy\'s folder, which brings one (npm 12 runs its install script only where package.json allows it)'
    : `run it with one, as "npx -p node@${neededMajor} -p colloquy colloquy start"`;
  return `Colloquy needs Node.js ${neededMajor}.${neededMinor} or newer and this is ${process.versions.node}: ${remedy}, or install one from https://nodejs.org.`;
}

/**
 * The program of the npm package `node` in the nearest `node_modules` from `directory` upwards that has one new
 * enough.
 * @param {string} directory
 * @returns {string | undefined}
 */
export function findNode(directory) {
  const home = join(directory, 'node_modules', 'node');
  const program = join(home, 'bin', process.platform === 'win32' ? 'node.exe' : 'node');
  if (existsSync(program) && isNewEnough(readVersion(join(home, 'package.json')))) return program;
  const above = dirname(directory);
  return above === directory ? undefined : findNode(above);
}

/** @param {string} manifest */
function readVersion(manifest) {
  return existsSync(manifest) ? String(JSON.parse(readFileSync(manifest, 'utf8')).version) : '0';
}

/** @param {string} version */
function isNewEnough(version) {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major > neededMajor || (major === neededMajor && minor >= neededMinor);
}

/**
 * @param {string} node
 * @param {readonly string[]} args
 */
function relaunch(node, args) {
  const child = spawn(node, args, { stdio: ['inherit', 'inherit', 'inherit', 'ipc'] });
  for (const signal of ['SIGTERM', 'SIGHUP', 'SIGINT']) {
    process.on(signal, () => {
      // A terminal sends Ctrl-C to both; forwarded too, one press would count as two.
      if (signal !== 'SIGINT' || !process.stdin.isTTY) child.kill(signal);
    });
  }
  watchNpm(() => child.kill('SIGTERM'));
  child.on('error', (error) => {
    console.error(`Colloquy could not start ${node}: ${error.message}`);
    process.exit(1);
  });
  child.on('exit', (code, signal) => process.exit(signal === null ? code : 128 + constants.signals[signal]));
}
