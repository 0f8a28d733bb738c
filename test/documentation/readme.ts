import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(__dirname, '../../..');
const text = readFileSync(join(root, 'README.md'), 'utf8');

/** The rows of the table under a heading of the README, cells as plain text. */
export function tableUnder(heading: string): string[][] {
  const rows = section(heading)
    .split('\n')
    .filter((line) => line.startsWith('|'))
    .map((line) => cells(line));
  return rows.slice(2);
}

/** The fenced blocks under a heading, in order. */
export function blocksUnder(heading: string): { language: string; code: string }[] {
  const fenced = section(heading).matchAll(/```(\w+)\n([\s\S]*?)```/g);
  return [...fenced].map(([, language, code]) => ({ language: language!, code: code! }));
}

/** The names of the scripts in package.json. */
export function scriptNames(): string[] {
  const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { scripts: object };
  return Object.keys(scripts);
}

function section(heading: string): string {
  const start = text.indexOf(`\n## ${heading}\n`);
  if (start < 0) throw new Error(`the README has no heading "${heading}"`);
  const end = text.indexOf('\n## ', start + 1);
  return text.slice(start, end < 0 ? undefined : end);
}

/** A bar inside a cell is written `\|`. */
function cells(line: string): string[] {
  const inner = line.trim().replace(/^\||\|$/g, '');
  return inner.split(/(?<!\\)\|/).map((cell) => cell.trim().replaceAll('\\|', '|').replaceAll('`', ''));
}
