/** One setting, read from an environment variable. */
export interface Setting<T> {
  readonly variable: string;
  readonly fallback: T;
  /** The allowed values, for the README's table. */
  readonly allowed: string;
  /** One line for the README's table. */
  readonly meaning: string;
  /** Parses a value. Throws an Error that states the rule if it is invalid. */
  readonly read: (value: string) => T;
  /**
   * For secrets: masks a value for messages. A secret can also be read from a file, whose path is in the variable with
   * the suffix `_FILE`.
   */
  readonly mask?: (value: string) => string;
}

/** Any string that is not empty. `allowed` describes it. */
export function text(variable: string, fallback: string, allowed: string, meaning: string): Setting<string> {
  return { variable, fallback, allowed, meaning, read: (value) => value };
}

/** A setting without a default: null if unset. */
export function optional<T>(
  variable: string,
  read: (value: string) => T,
  allowed: string,
  meaning: string,
): Setting<T | null> {
  return { variable, fallback: null, allowed, meaning, read };
}

/** Makes a setting secret: messages show its value masked, and it can be read from a file. */
export function secret<T>(setting: Setting<T>, mask: (value: string) => string = () => '***'): Setting<T> {
  return { ...setting, mask };
}

/** A whole number from `least` to `most`. */
export function integer(
  variable: string,
  fallback: number,
  least: number,
  most: number,
  meaning: string,
): Setting<number> {
  return {
    variable,
    fallback,
    allowed: `${least} to ${most}`,
    meaning,
    read: (value) => wholeNumber(value, least, most),
  };
}

/** A whole number from `least` to `most`; null if unset. */
export function optionalInteger(
  variable: string,
  least: number,
  most: number,
  meaning: string,
): Setting<number | null> {
  return optional(variable, (value) => wholeNumber(value, least, most), `${least} to ${most}`, meaning);
}

/** @throws Error that states the rule, with `orElse` for other allowed values, if `value` is invalid */
export function wholeNumber(value: string, least: number, most: number, orElse = ''): number {
  const number = Number(value);
  if (!/^\d+$/.test(value) || number < least || number > most) {
    throw new Error(`must be a whole number from ${least} to ${most}${orElse}`);
  }
  return number;
}

/** @throws Error that states the rule, if `value` is not an HTTP URL */
export function httpUrl(value: string): string {
  if (!/^https?:$/.test(URL.canParse(value) ? new URL(value).protocol : ''))
    throw new Error('must be an http or https URL');
  return value;
}

/** One of `choices`. */
export function choice<T extends string>(
  variable: string,
  choices: readonly T[],
  fallback: T,
  meaning: string,
): Setting<T> {
  const read = (value: string) => {
    const found = choices.find((one) => one === value);
    if (found === undefined) throw new Error(`must be one of ${choices.join(', ')}`);
    return found;
  };
  return { variable, fallback, allowed: choices.join(', '), meaning, read };
}

/** `true` or `false`. */
export function flag(variable: string, fallback: boolean, meaning: string): Setting<boolean> {
  const { read, ...words } = choice(variable, ['true', 'false'], fallback ? 'true' : 'false', meaning);
  return { ...words, fallback, read: (value) => read(value) === 'true' };
}
