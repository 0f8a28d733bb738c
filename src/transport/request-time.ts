import { setMaxListeners } from 'node:events';
import type { ServerResponse } from 'node:http';
import { serviceUnavailable } from '../errors';

/** The reason to abort work after the client has disconnected. */
export const clientGone = serviceUnavailable('The client has disconnected.');

/** Returns a signal that aborts when the time is up or the client has disconnected. Created on first use: most requests have none. */
export type GetSignal = () => AbortSignal;

/**
 * Runs `work` for at most `limitMs`, with a signal that aborts when the time is up or the client has disconnected. The
 * second argument of `work` is a function that gives up, with a reason.
 * @throws SERVICE_UNAVAILABLE when the time is up, even if `work` ignores the signal
 */
export function withinTime<T>(
  response: ServerResponse,
  limitMs: number,
  work: (signal: GetSignal, giveUp: (reason: Error) => void) => Promise<T>,
): Promise<T> {
  return new Promise((resolve, reject) => {
    let controller: AbortController | undefined;
    let abortedFor: Error | undefined;
    const abort = (reason: Error): void => {
      abortedFor = reason;
      controller?.abort(reason);
    };
    const giveUp = (reason: Error): void => {
      abort(reason);
      reject(reason);
    };
    const timer = setTimeout(
      () => giveUp(serviceUnavailable(`This took longer than ${limitMs} ms. Ask for less, or try again.`)),
      limitMs,
    );
    response.on('close', () => {
      clearTimeout(timer);
      if (!response.writableFinished) abort(clientGone);
    });
    const getSignal = (): AbortSignal => {
      controller ??= newController();
      if (abortedFor) controller.abort(abortedFor);
      return controller.signal;
    };
    work(getSignal, giveUp).then(resolve, reject);
  });
}

/** Every command of an operation listens to its signal; many listeners are not a leak. */
function newController(): AbortController {
  const controller = new AbortController();
  setMaxListeners(0, controller.signal);
  return controller;
}
