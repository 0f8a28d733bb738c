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

/** From a heading to the next one of its level or above. */
function section(text: string, heading: string): string {
  const [whole, marks] = new RegExp(`^(##+) ${heading}$`, 'm').exec(text) ?? [];
  if (whole === undefined) throw new Error(`there is no heading "${heading}"`);
  const start = text.indexOf(`\n${whole}\n`);
  const rest = text.slice(start + 1);
  const end = rest.slice(whole.length).search(new RegExp(`^#{2,${marks!.length}} `, 'm'));
  return end < 0 ? rest : rest.slice(0, whole.length + end);
}

/** A bar inside a cell is written `\|`. */
function cells(line: string): string[] {
  const inner = line.trim().replace(/^\||\|$/g, '');
  return inner.split(/(?<!\\)\|/).map((cell) => cell.trim().replaceAll('\\|', '|').replaceAll('`', ''));
}
