import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(__dirname, '../../..');
const readme = readFileSync(join(root, 'README.md'), 'utf8');
const design = readFileSync(join(root, 'DESIGN.md'), 'utf8');

/** The rows of the table under a heading of the README, cells as plain text. */
export function tableUnder(heading: string): string[][] {
  return tableRows(section(readme, heading));
}

/** The same of DESIGN.md. */
export function designTableUnder(heading: string): string[][] {
  return tableRows(section(design, heading));
}

function tableRows(text: string): string[][] {
  const rows = text
    .split('\n')
    .filter((line) => line.startsWith('|'))
    .map((line) => cells(line));
  return rows.slice(2);
}

/** The fenced blocks under a heading, in order. */
export function blocksUnder(heading: string): { language: string; code: string }[] {
  const fenced = section(readme, heading).matchAll(/```(\w+)\n([\s\S]*?)```/g);
  return [...fenced].map(([, language, code]) => ({ language: language!, code: code! }));
}

/** The names of the scripts in package.json. */
export function scriptNames(): string[] {
  return Object.keys(scripts());
}

/** The scripts themselves. */
export function scripts(): Record<string, string> {
  return manifest().scripts;
}

/** What the product itself needs, by package.json. */
export function dependencyNames(): string[] {
  return Object.keys(manifest().dependencies);
}

function manifest(): { scripts: Record<string, string>; dependencies: object } {
  return JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as ReturnType<typeof manifest>;
}

function section(text: string, heading: string): string {
  const start = text.indexOf(`\n## ${heading}\n`);
  if (start < 0) throw new Error(`there is no heading "${heading}"`);
  const end = text.indexOf('\n## ', start + 1);
  return text.slice(start, end < 0 ? undefined : end);
}

/** A bar inside a cell is written `\|`. */
function cells(line: string): string[] {
  const inner = line.trim().replace(/^\||\|$/g, '');
  return inner.split(/(?<!\\)\|/).map((cell) => cell.trim().replaceAll('\\|', '|').replaceAll('`', ''));
}
