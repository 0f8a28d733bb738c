/** How a value of the environment becomes a setting; `read` throws the rule in words where the value breaks it. */
export interface Setting<T> {
  readonly variable: string;
  readonly fallback: T;
  /** The values it takes, in words, for the README's table. */
  readonly allowed: string;
  /** One line for the README's table. */
  readonly meaning: string;
  readonly read: (value: string) => T;
  /**
   * Set where a value can be a secret: what of it a message may show. Such a setting can also be read from a file, whose
   * path is in the variable with `_FILE` at its end.
   */
  readonly mask?: (value: string) => string;
}

/** Any text that is not empty. `allowed` says in words what it is. */
export function text(variable: string, fallback: string, allowed: string, meaning: string): Setting<string> {
  return { variable, fallback, allowed, meaning, read: (value) => value };
}

/** A setting that need not be set: null then. */
export function optional<T>(
  variable: string,
  read: (value: string) => T,
  allowed: string,
  meaning: string,
): Setting<T | null> {
  return { variable, fallback: null, allowed, meaning, read };
}

/** The setting, as one whose value no message shows but as `mask` leaves it, and which can be read from a file. */
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

/** A whole number from `least` to `most`, or nothing: null then. */
export function optionalInteger(
  variable: string,
  least: number,
  most: number,
  meaning: string,
): Setting<number | null> {
  return optional(variable, (value) => wholeNumber(value, least, most), `${least} to ${most}`, meaning);
}

/** @throws Error that says the rule, and what is allowed besides (`orElse`), where `value` is anything else */
export function wholeNumber(value: string, least: number, most: number, orElse = ''): number {
  const number = Number(value);
  if (!/^\d+$/.test(value) || number < least || number > most) {
    throw new Error(`must be a whole number from ${least} to ${most}${orElse}`);
  }
  return number;
}

/** @throws Error that says the rule, where `value` is no address of the web */
export function httpUrl(value: string): string {
  if (!/^https?:$/.test(URL.canParse(value) ? new URL(value).protocol : ''))
    throw new Error('must be an http or https URL');
  return value;
}

/** One of a few words. */
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
