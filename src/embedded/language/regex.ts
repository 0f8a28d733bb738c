import { BSONRegExp } from 'bson';
import { RE2JS } from 're2js';
import { BsonValue } from './bson-value';
import { check, MongoError } from './errors';
import { countWork } from './evaluation';

/** A regular expression, ready to run. */
export interface Pattern {
  test(text: string): boolean;
}

const FLAGS: Readonly<Record<string, number>> = {
  i: RE2JS.CASE_INSENSITIVE,
  s: RE2JS.DOTALL,
  m: RE2JS.MULTILINE,
};

/** The time that a pattern takes grows with its size and the length of the text: this much is some 70 ms at worst. */
const MOST_WORK = 2_000_000;
const WORK_OF_A_MICROSECOND = 30;
const LONGEST_PATTERN = 32_764;

/**
 * Makes a BSON regular expression with MongoDB's options i, m, s and x ready to run, in time that is linear in the text
 * (https://github.com/google/re2). That leaves out what cannot be: lookaround and back references.
 * @throws MongoError 51091 (invalid, or not supported); from `test`, 51091 where the text is too long for the pattern
 */
export function compileRegExp({ pattern, options }: BSONRegExp): Pattern {
  const inline = /^\(\?([imsx]+)\)/.exec(pattern);
  const flags = new Set(options + (inline?.[1] ?? ''));
  const source = inline ? pattern.slice(inline[0].length) : pattern;
  const text = flags.has('x') ? withoutComments(source) : source;
  try {
    const compiled = RE2JS.compile(
      text,
      [...flags].reduce((sum, flag) => sum + (FLAGS[flag] ?? 0), 0),
    );
    const size = compiled.programSize();
    return {
      test(subject) {
        const work = size * subject.length;
        check(work <= MOST_WORK, 51091, 'A text is too long for this regular expression');
        countWork(Math.ceil(work / WORK_OF_A_MICROSECOND));
        return compiled.test(subject);
      },
    };
  } catch (error) {
    throw new MongoError(
      51091,
      `Regular expression is invalid or not supported: ${(error as Error).message}`,
    );
  }
}

/**
 * A pattern and its options as one value.
 * @throws MongoError BadValue (2), 51075 (options given twice), 51108 (another option), 51091
 */
export function readRegExp(pattern: BsonValue | undefined, separate: BsonValue = ''): BSONRegExp {
  const [source, inline] = pattern instanceof BSONRegExp ? [pattern.pattern, pattern.options] : [pattern, ''];
  check(typeof source === 'string', 2, '$regex has to be a string');
  check(typeof separate === 'string', 2, '$options has to be a string');
  check(inline === '' || separate === '', 51075, 'options set in both $regex and $options');
  check(/^[imsx]*$/.test(inline || separate), 51108, 'invalid flag in regex options: only i, m, s and x');
  check(!source.includes('\0'), 2, 'Regular expression cannot contain an embedded null byte');
  check(source.length <= LONGEST_PATTERN, 51091, 'Regular expression is too large');
  return new BSONRegExp(source, inline || separate);
}

/** What option x ignores: white space and comments outside character classes. */
function withoutComments(source: string): string {
  return source.replace(/(\\[^]|\[(?:\\[^]|[^\]\\])*\])|\s+|#.*/g, '$1');
}
