import type { FormattedExecutionResult } from 'graphql';
import type { Client, Sink, SubscribePayload } from 'graphql-ws';

/** A client whose subscriptions go on where they were. They have a variable afterPosition, and select the position. */
export function resuming(client: Client): Client {
  return {
    ...client,
    subscribe<D, E>(request: SubscribePayload, sink: Sink<FormattedExecutionResult<D, E>>) {
      const variables: Record<string, unknown> = { ...request.variables };
      return client.subscribe<D, E>(
        { ...request, variables },
        {
          next(result) {
            const { eventAdded } = (result.data ?? {}) as { eventAdded?: { position: number } };
            if (eventAdded) variables.afterPosition = eventAdded.position;
            sink.next(result);
          },
          error: (error) => sink.error(error),
          complete: () => sink.complete(),
        },
      );
    },
  };
}
