import { maxJsonDepth, maxMetadataBytes, maxPayloadBytes } from '../service/input-rules';

// Input rules in words, for the schema's descriptions.

export const idRule = '1 to 128 characters without white space or control characters.';
export const languageRule = 'A well-formed BCP 47 tag of at most 128 characters, such as en or pt-BR.';
export const metadataRule = `At most ${maxMetadataBytes / 1024} KiB as JSON, at most ${maxJsonDepth} levels deep.`;
export const payloadRule = `At most ${maxPayloadBytes / 1024} KiB as JSON, at most ${maxJsonDepth} levels deep.`;
