import { getOperationAST, parse } from 'graphql';
import { OperationCache } from '../../src/transport/operations/operation-cache';
import { cornersSchema } from './corners-schema';

const pair = 'query A { text } query B { thing { id } }';

function learn(known: OperationCache, text: string, name?: string) {
  const document = parse(text);
  return known.learn(text, name, document, getOperationAST(document, name)!);
}

describe('operations that are known', () => {
  it('are found by their text and name', () => {
    const known = new OperationCache(cornersSchema);
    const a = learn(known, pair, 'A');
    const b = learn(known, pair, 'B');

    expect(known.find(pair, 'A')).toBe(a);
    expect(known.find(pair, 'B')).toBe(b);
    expect(a).not.toBe(b);
    for (const [text, name] of [
      [pair, null],
      [pair, 'C'],
      [`${pair} `, 'A'],
    ] as const) {
      expect(known.find(text, name)).toBeUndefined();
    }
  });

  it('are compiled once', () => {
    const operation = learn(new OperationCache(cornersSchema), '{ text }');
    const compiled = operation?.compiled();

    expect(compiled).toBeInstanceOf(Function);
    expect(operation?.compiled()).toBe(compiled);
  });

  it('are bounded in number: the oldest make room', () => {
    const known = new OperationCache(cornersSchema);
    const texts = Array.from({ length: 1500 }, (_, index) => `{ t${index}: text }`);
    for (const text of texts) learn(known, text);

    expect(texts.filter((text) => known.find(text, null))).toEqual(texts.slice(500));
  });

  it('are bounded in length: one that is too long is not kept, and takes nobody else’s place', () => {
    const known = new OperationCache(cornersSchema);
    const long = `{ text } # ${'x'.repeat(600_000)}`;
    learn(known, '{ text }');

    expect(learn(known, long)).toBeDefined();
    expect(known.find(long, null)).toBeUndefined();
    expect(known.find('{ text }', null)).toBeDefined();
  });
});
