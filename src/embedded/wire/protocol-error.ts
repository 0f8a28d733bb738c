/** The peer does not speak the protocol: there is no answer to give, its connection is closed. */
export class ProtocolError extends Error {}
