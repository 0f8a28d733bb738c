import { BSONRegExp } from 'bson';
import { RE2JS } from 're2js';
import { check, MongoError } from './errors';
import { BsonValue } from './bson-value';
import { countWork } from './evaluation';

const { CASE_INSENSITIVE: i, DOTALL: s, MULTILINE: m } = RE2JS;
const FLAGS: Readonly<Record<string, number>> = { i, s, m };

/** The time that a pattern takes grows with its size and the length of the text: this much is some 70 ms at worst. */
const MOST_WORK = 2_000_000;
const WORK_OF_A_MICROSECOND = 30;
const LONGEST_PATTERN = 32_764;

/**
 * Makes a BSON regular expression with MongoDB's options i, m and s ready to run, in time that is linear in the text
 * (https://github.com/google/re2). That leaves out what cannot be: lookaround and back references.
 * @throws MongoError 51091 (invalid, or not supported); when it runs, 51091 where the text is too long for it
 */
export function compileRegExp({ pattern, options }: BSONRegExp): (text: string) => boolean {
  const flags = [...options].reduce((sum, flag) => sum + FLAGS[flag]!, 0);
  try {
    const compiled = RE2JS.compile(pattern, flags);
    const size = compiled.programSize();
    // To MongoDB, but not to RE2, `$` is also the place before a newline at the end of the text.
    const endsBeforeNewline = pattern.includes('$') && !pattern.includes('\\z');
    return (text) => {
      const work = size * text.length;
      check(work <= MOST_WORK, 51091, 'A text is too long for this regular expression');
      countWork(Math.ceil(work / WORK_OF_A_MICROSECOND));
      if (compiled.test(text)) return true;
      return endsBeforeNewline && text.endsWith('\n') && compiled.test(text.slice(0, -1));
    };
  } catch (error) {
    throw new MongoError(51091, `Regular expression is invalid or not supported: ${String(error)}`);
  }
}

/**
 * A pattern and its options as one value.
 * @throws MongoError BadValue (2), 51091 (invalid or not supported)
 */
export function readRegExp(pattern: BsonValue, separate: BsonValue = ''): BSONRegExp {
  const [source, inline] = pattern instanceof BSONRegExp ? [pattern.pattern, pattern.options] : [pattern, ''];
  const areTexts = typeof source === 'string' && typeof separate === 'string' && !source.includes('\0');
  check(areTexts, 2, '$regex and $options have to be strings without null bytes');
  const options = inline + separate;
  check(/^(?!.*(.).*\1)[ims]*$/.test(options), 2, 'Options are i, m and s, each given once');
  check(source.length <= LONGEST_PATTERN, 51091, 'Regular expression is too large');
  const regExp = new BSONRegExp(source, options);
  compileRegExp(regExp);
  return regExp;
}
