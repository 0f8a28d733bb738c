import { describeError } from '../../src/transport/create-log';

/** What tests send that must never stand in a log: put it into payloads, metadata and everything else that is private. */
export const privateText = 'must-not-be-logged';

/** What no log, error message or command line may hold. */
const forbidden: Readonly<Record<string, RegExp>> = {
  'an API key': /csk_[\w-]{43}/,
  'a token': /\beyJ[\w-]{8,}\.eyJ[\w-]{8,}\.[\w-]*/,
  'an Authorization header': /\b(Bearer|Basic) +[\w.~+/=-]{8,}/,
  'a password in a URI': /mongodb(\+srv)?:\/\/[^\s"/@:]+:[^\s"/@]+@/,
  'a password': /hunter2/,
  'a payload': new RegExp(`${privateText}|payload-4711`),
};

/** @throws where `text`, from `source`, holds a secret or a payload */
export function expectNoSecrets(source: string, text: string): void {
  for (const [what, pattern] of Object.entries(forbidden)) {
    const found = pattern.exec(text);
    if (!found) continue;
    const around = text.slice(Math.max(0, found.index - 100), found.index + 20);
    throw new Error(`${source} holds ${what}: … ${around} …`);
  }
}

/** What a line of the log says, as the process would print it. */
export function printedLine(message: string, details: object): string {
  const printed = (_key: string, value: unknown) => (value instanceof Error ? describeError(value) : value);
  return `${message} ${JSON.stringify(details, printed)}`;
}
