import { badUserInput } from '../errors';
import { restoreJson, sameJson, type JsonObject } from '../store/json-object';
import { labelsOf } from '../store/labels';
import type { SessionRow } from '../store/session.model';
import type { SessionChanges } from '../store/session-writes';
import { checkJson, maxMetadataBytes, type Scalar } from './input-rules';

/** An update of a session; null leaves a value unchanged. */
export interface SessionUpdate {
  readonly setMetadata: JsonObject | null;
  readonly unsetMetadata: readonly string[] | null;
  /** In canonical form. */
  readonly language: string | null;
}

export const maxUnsetKeys = 1000;

/** @throws BAD_USER_INPUT if the keys to set or remove are invalid in themselves */
export function checkMetadataUpdate(input: {
  readonly setMetadata?: Scalar<JsonObject> | null;
  readonly unsetMetadata?: readonly string[] | null;
}): Pick<SessionUpdate, 'setMetadata' | 'unsetMetadata'> {
  const unsetMetadata = input.unsetMetadata ?? null;
  const setMetadata =
    input.setMetadata == null
      ? null
      : checkJson('input.setMetadata', input.setMetadata, maxMetadataBytes).value;
  if (unsetMetadata !== null && unsetMetadata.length > maxUnsetKeys) {
    throw badUserInput('input.unsetMetadata', `must contain at most ${maxUnsetKeys} keys.`);
  }
  const inBoth =
    unsetMetadata?.findIndex((key) => setMetadata !== null && Object.hasOwn(setMetadata, key)) ?? -1;
  if (inBoth >= 0) {
    throw badUserInput(`input.unsetMetadata.${inBoth}`, 'must not name a key that is also in setMetadata.');
  }
  return { setMetadata, unsetMetadata };
}

/** A session with updates that are not stored yet. */
export class SessionDraft {
  private metadata: JsonObject;
  private language: string;
  private readonly changes: { -readonly [Name in keyof SessionChanges]: SessionChanges[Name] } = {};

  constructor(row: SessionRow) {
    this.metadata = restoreJson(row.metadata);
    this.language = row.language;
  }

  /**
   * Applies an update; returns whether it changed anything.
   * @throws BAD_USER_INPUT if the metadata would be invalid; the draft is then unchanged
   */
  apply({ setMetadata, unsetMetadata, language }: SessionUpdate): boolean {
    const metadata = this.changedMetadata(setMetadata ?? {}, unsetMetadata ?? []);
    if (metadata !== null) this.replaceMetadata(metadata);
    const isOtherLanguage = language !== null && language !== this.language;
    if (isOtherLanguage) this.changes.language = this.language = language;
    return metadata !== null || isOtherLanguage;
  }

  /** The changes to store, or null. */
  takeChanges(): SessionChanges | null {
    return Object.keys(this.changes).length > 0 ? this.changes : null;
  }

  /** Uses a map and fromEntries, for which any name is a plain key, even `__proto__`. */
  private changedMetadata(set: JsonObject, unset: readonly string[]): JsonObject | null {
    const entries = new Map(Object.entries(this.metadata));
    let isChanged = false;
    for (const key of unset) isChanged = entries.delete(key) || isChanged;
    for (const [key, value] of Object.entries(set)) {
      if (entries.has(key) && sameJson(entries.get(key), value)) continue;
      entries.set(key, value);
      isChanged = true;
    }
    return isChanged ? Object.fromEntries(entries) : null;
  }

  private replaceMetadata(metadata: JsonObject): void {
    if (Buffer.byteLength(JSON.stringify(metadata)) > maxMetadataBytes) {
      const limit = `${maxMetadataBytes / 1024} KiB`;
      throw badUserInput('input.setMetadata', `must leave the session's metadata at most ${limit} of JSON.`);
    }
    this.changes.metadata = checkJson('input.setMetadata', metadata, maxMetadataBytes).stored;
    this.changes.labels = labelsOf(metadata);
    this.metadata = metadata;
  }
}
