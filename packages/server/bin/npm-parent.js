/**
 * Stops with npm: SIGTERM ends npm and the shell that it runs scripts in, neither of which passes it on, and a server
 * would go on with nobody above it. Plain JavaScript that Node.js 12.20 and later can read.
 */
import { readFileSync } from 'node:fs';
import process from 'node:process';

const lookMs = 500;
const shells = new Set(['sh', 'dash', 'bash', 'ash', 'busybox', 'zsh', 'ksh']);

/**
 * Calls `onGone` once npm has ended, where `npm start` or `npx` runs this process. Other scripts may leave a process
 * behind on purpose.
 * @param {() => void} onGone
 */
export function watchNpm(onGone) {
  const script = process.env.npm_lifecycle_event;
  if ((script !== 'start' && script !== 'npx') || process.platform === 'win32') return;
  const parent = process.ppid;
  if (parent <= 1) return;
  const above = ancestorOf(parent);
  const timer = setInterval(() => {
    if (process.ppid === parent && ancestorOf(parent) === above) return;
    clearInterval(timer);
    onGone();
  }, lookMs);
  timer.unref();
}

/**
 * The parent of a shell, which is npm; undefined where the parent is no shell, or the system does not tell.
 * @param {number} pid
 * @returns {string | undefined}
 */
function ancestorOf(pid) {
  try {
    // The name, in parentheses, may hold anything: https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html
    const found = /^\d+ \((.*)\) \S (\d+) /s.exec(readFileSync(`/proc/${pid}/stat`, 'utf8'));
    return found !== null && shells.has(found[1]) ? found[2] : undefined;
  } catch {
    return undefined;
  }
}
