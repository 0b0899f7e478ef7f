/** The usage text, made from the list of commands. */
import type { CliCommand } from './command.ts';

export function usageOf(commands: readonly CliCommand[]): string {
  const titles = commands.map(({ name, synopsis }) => `${name} ${synopsis}`.trim());
  const width = Math.max(...titles.map(({ length }) => length)) + 2;
  const lines = commands.flatMap(({ summary }, index) =>
    summary.map((line, place) => `  ${(place === 0 ? (titles[index] ?? '') : '').padEnd(width)}${line}`),
  );
  return `Usage: colloquy [command]

Commands:
${lines.join('\n')}

Settings are environment variables, or lines of a file .env in the working directory;
.env.example lists them all.
`;
}
