import { BSONRegExp } from 'bson';
import { MongoError } from './errors';

/** What PCRE, whose wording MongoDB passes on, calls what JavaScript's engine complains of. */
const PCRE_WORDS: readonly (readonly [RegExp, string])[] = [
  [/Unterminated group/, 'missing )'],
  [/Unmatched '\)'/, 'unmatched parentheses'],
  [/Nothing to repeat/, 'nothing to repeat'],
  [/Unterminated character class/, 'missing terminating ] for character class'],
  [/Range out of order/, 'range out of order in character class'],
  [/\\ at end of pattern/, '\\ at end of pattern'],
  [/numbers out of order/, 'numbers out of order in {} quantifier'],
  [/Invalid group/, 'unrecognized character after (? or (?-'],
];

/**
 * A BSON regular expression with MongoDB's options i, m, s and x as one that JavaScript runs.
 * @throws MongoError 51091 (not a regular expression), 51108 (another option)
 */
export function compileRegExp({ pattern, options }: BSONRegExp): RegExp {
  const inline = /^\(\?([imsx]+)\)/.exec(pattern);
  const source = inline ? pattern.slice(inline[0].length) : pattern;
  const flags = new Set(options + (inline?.[1] ?? ''));
  const text = flags.delete('x') ? withoutComments(source) : source;
  try {
    return buildRegExp(text, [...flags].join(''));
  } catch (error) {
    throw new MongoError(51091, `Regular expression is invalid: ${pcreWords(error as SyntaxError)}`);
  }
}

/** @throws MongoError 51108 */
export function checkRegExpOptions(options: string): void {
  const unknown = /[^imsx]/.exec(options);
  if (unknown) throw new MongoError(51108, `invalid flag in regex options: ${unknown[0]}`);
}

/** Code points where the pattern allows it; JavaScript's stricter mode refuses escapes that PCRE takes. */
function buildRegExp(source: string, flags: string): RegExp {
  try {
    return new RegExp(source, `${flags}u`);
  } catch {
    return new RegExp(source, flags);
  }
}

/** What option x ignores: white space and comments outside character classes. */
function withoutComments(source: string): string {
  return source.replace(/(\\[^]|\[(?:\\[^]|[^\]\\])*\])|\s+|#.*/g, '$1');
}

function pcreWords(error: SyntaxError): string {
  return PCRE_WORDS.find(([theirs]) => theirs.test(error.message))?.[1] ?? error.message;
}
