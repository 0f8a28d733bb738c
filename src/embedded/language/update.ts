import { ObjectId } from 'bson';
import { compilePipeline } from './aggregate';
import { BsonDocument, BsonValue, isDocument } from './bson-value';
import { compareStrings, compareValues } from './compare';
import { MongoError } from './errors';
import { FilterNode } from './filter';
import { isIdenticalDocument } from './identity';
import { formatField } from './message-format';
import { checkId, checkStorable } from './storage-rules';
import { chooseElements, parseArrayFilters } from './update-elements';
import { setter } from './update-modifiers';
import { applyAtPath, ElementChoice } from './update-path';
import { rename } from './update-rename';
import { parseSteps, Step } from './update-steps';

/** What else an update statement says that its update depends on. */
export interface UpdateOptions {
  readonly multi?: boolean;
  readonly arrayFilters?: BsonValue[];
  /** The statement's filter: it decides which element the positional `$` stands for. */
  readonly filter?: FilterNode;
}

/** An update, ready to run. */
export interface CompiledUpdate {
  /**
   * The top-level fields that it reads and changes, with `_id`: to `apply` it, no others need be decoded. Null is all of
   * them, and then the order of the fields may change too.
   */
  readonly fields: ReadonlySet<string> | null;
  /** The document after the update; `modified` is false, and the document the very same, where nothing changes. */
  apply(document: BsonDocument): { document: BsonDocument; modified: boolean };
  /** The document that an upsert inserts, `_id` first, made from what its filter says that fields equal. */
  insert(equalities: ReadonlyMap<string, BsonValue>): BsonDocument;
}

/**
 * Makes an update ready to run: a replacement, operators, or a pipeline of stages.
 * @throws MongoError FailedToParse (9), ConflictingUpdateOperators (40) and others, in MongoDB's words
 */
export function compileUpdate(
  update: BsonDocument | BsonValue[],
  options: UpdateOptions = {},
): CompiledUpdate {
  if (Array.isArray(update)) return compileStages(update, options);
  const [first] = update.keys();
  return first?.startsWith('$') ? compileOperators(update, options) : compileReplacement(update, options);
}

function compileReplacement(replacement: BsonDocument, options: UpdateOptions): CompiledUpdate {
  if (options.multi) throw new MongoError(9, 'multi update is not supported for replacement-style update');
  const replace = (id: BsonValue | undefined) => {
    checkReplacement(replacement, id);
    return withIdFirst(replacement, replacement.get('_id') ?? id);
  };
  return {
    fields: null,
    apply(document) {
      const replaced = replace(document.get('_id'));
      return isIdenticalDocument(document, replaced)
        ? { document, modified: false }
        : { document: replaced, modified: true };
    },
    insert: (equalities) => inserted(replace(equalities.get('_id'))),
  };
}

/** The stages that an update may consist of. */
const UPDATE_STAGES = new Set(['$addFields', '$set', '$project', '$unset', '$replaceRoot', '$replaceWith']);

function compileStages(pipeline: BsonValue[], options: UpdateOptions): CompiledUpdate {
  if (options.arrayFilters) throw new MongoError(9, 'Cannot specify arrayFilters and a pipeline update');
  for (const stage of pipeline) {
    const [name] = isDocument(stage) ? stage.keys() : [];
    if (name !== undefined && !UPDATE_STAGES.has(name)) {
      throw new MongoError(72, `${name} is not allowed to be used within an update`);
    }
  }
  // None of these stages reads another collection.
  const stages = compilePipeline(pipeline, {
    aggregate: () => [],
    pauses: () => false,
    takeMemory: () => undefined,
  });
  const run = (document: BsonDocument, id: BsonValue | undefined) => {
    const changed = [...stages([document])][0] ?? document;
    const own = changed.get('_id');
    if (own !== undefined && id !== undefined && compareValues(own, id) !== 0) throw alteredId();
    checkStorable(changed, []);
    return withIdFirst(changed, id ?? own);
  };
  return {
    fields: null,
    apply(document) {
      const changed = run(document, document.get('_id'));
      return { document: changed, modified: !isIdenticalDocument(document, changed) };
    },
    insert: (equalities) => inserted(run(documentOf(equalities), equalities.get('_id'))),
  };
}

function alteredId(): MongoError {
  return new MongoError(66, "Performing an update on the path '_id' would modify the immutable field '_id'");
}

function checkReplacement(replacement: BsonDocument, id: BsonValue | undefined): void {
  const own = replacement.get('_id');
  if (own !== undefined && id !== undefined && compareValues(own, id) !== 0) {
    throw new MongoError(
      66,
      `After applying the update, the (immutable) field '_id' was found to have been altered to ${formatField('_id', own)}`,
    );
  }
  checkStorable(replacement, []);
}

function withIdFirst(document: BsonDocument, id: BsonValue | undefined): BsonDocument {
  if (id === undefined) return document;
  const result: BsonDocument = new Map([['_id', id]]);
  for (const [name, value] of document) if (name !== '_id') result.set(name, value);
  return result;
}

function inserted(document: BsonDocument): BsonDocument {
  const id = document.get('_id') ?? new ObjectId();
  checkId(id);
  return withIdFirst(document, id);
}

function compileOperators(update: BsonDocument, options: UpdateOptions): CompiledUpdate {
  const steps = parseSteps(update);
  const arrayFilters = parseArrayFilters(options.arrayFilters ?? [], update, steps);
  const run = (document: BsonDocument, isInsert: boolean) => {
    const choose = chooseElements(document, options.filter, arrayFilters);
    return steps.reduce((changed, step) => {
      if (step.modifier.operator === '$setOnInsert' && !isInsert) return changed;
      return runStep(changed, step, choose);
    }, document);
  };
  return {
    fields: fieldsOf(steps),
    apply(document) {
      const changed = run(document, false);
      return { document: changed, modified: changed !== document };
    },
    insert: (equalities) => inserted(run(documentOf(equalities), true)),
  };
}

/** Null for the positional `$`, which stands for what the filter found anywhere in the document. */
function fieldsOf(steps: readonly Step[]): ReadonlySet<string> | null {
  const fields = new Set(['_id']);
  for (const { path, renamedFrom } of steps) {
    if (path.includes('$')) return null;
    fields.add(path[0]!);
    if (renamedFrom) fields.add(renamedFrom[0]!);
  }
  return fields;
}

/** The filter's fields in MongoDB's order: that of their paths. */
function documentOf(equalities: ReadonlyMap<string, BsonValue>): BsonDocument {
  return [...equalities]
    .sort(([a], [b]) => compareStrings(a, b))
    .reduce<BsonDocument>(
      (document, [path, value]) =>
        applyAtPath(document, { path: path.split('.'), modifier: setter('$set', value) }, () => []),
      new Map(),
    );
}

function runStep(document: BsonDocument, step: Step, choose: ElementChoice): BsonDocument {
  const changed = step.renamedFrom
    ? rename(document, step.renamedFrom, step.path)
    : applyAtPath(document, step, choose);
  const id = document.get('_id');
  if (id !== undefined && changed.get('_id') !== id) throw immutableId(step, changed.get('_id'));
  return changed;
}

function immutableId({ path, renamedFrom, modifier }: Step, id: BsonValue | undefined): MongoError {
  const name = path.join('.');
  if (renamedFrom?.[0] === '_id') {
    const source = renamedFrom.join('.');
    return new MongoError(
      66,
      `Unsetting the path '${source}' using $rename would modify the immutable field '_id'`,
    );
  }
  if (modifier.operator === '$set' && name === '_id' && isDocument(id)) {
    return new MongoError(
      66,
      `Updating the path '_id' to ${formatField('_id', id)} would modify the immutable field '_id'`,
    );
  }
  return new MongoError(
    66,
    `Performing an update on the path '${name}' would modify the immutable field '_id'`,
  );
}
