/** MongoDB's own limits, as `hello` tells them to clients. */
export const MAX_DOCUMENT_BYTES = 16 * 1024 * 1024;
/** One message, its header included. */
export const MAX_MESSAGE_BYTES = 48_000_000;
/** Statements of one insert, update or delete. */
export const MAX_BATCH_SIZE = 100_000;
