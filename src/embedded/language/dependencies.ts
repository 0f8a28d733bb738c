import { BsonValue, isDocument } from './bson-value';
import { topLevelName } from './path';

/**
 * Adds the top-level fields that an aggregation expression reads.
 * @returns false where it reads the whole document
 */
export function collectExpressionFields(expression: BsonValue, fields: Set<string>): boolean {
  if (typeof expression === 'string') return collectTextFields(expression, fields);
  if (Array.isArray(expression)) {
    return expression.every((element) => collectExpressionFields(element, fields));
  }
  if (!isDocument(expression) || expression.has('$literal')) return true;
  return [...expression.values()].every((value) => collectExpressionFields(value, fields));
}

function collectTextFields(text: string, fields: Set<string>): boolean {
  if (text.startsWith('$$')) return !/^\$\$(ROOT|CURRENT)(\.|$)/.test(text);
  if (text.startsWith('$')) fields.add(topLevelName(text.slice(1)));
  return true;
}
