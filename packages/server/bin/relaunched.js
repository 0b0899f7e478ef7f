/**
 * The launcher's second half, run by a newer Node.js as the child of the first. Its channel to the parent carries
 * nothing: it closes when the parent is killed outright, and then this process must not outlive it.
 */
import process from 'node:process';

process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'));
process.channel?.unref();

const { runProgram } = await import('./program.js');
await runProgram(process.argv.slice(2));
