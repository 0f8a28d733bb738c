import type { ConcreteRequest } from 'relay-runtime';
import { following } from './followed-call';

type Selection = ConcreteRequest['operation']['selections'][number] &
  ConcreteRequest['fragment']['selections'][number];
type OperationKind = ConcreteRequest['params']['operationKind'];

/** What relay-compiler writes for an operation of one root field, of which every variable is an argument. */
interface Operation {
  readonly kind: OperationKind;
  readonly name: string;
  readonly text: string;
  readonly variables: readonly string[];
  readonly field: Selection;
}

function requestOf({ kind, name, text, variables, field }: Operation): ConcreteRequest {
  const argumentDefinitions = variables.map((variable) => ({
    kind: 'LocalArgument' as const,
    name: variable,
    defaultValue: null,
  }));
  const type = kind[0]!.toUpperCase() + kind.slice(1);
  const fields = { name, argumentDefinitions, selections: [field] };
  return {
    kind: 'Request',
    fragment: { kind: 'Fragment', type, metadata: null, abstractKey: null, ...fields },
    operation: { kind: 'Operation', ...fields },
    params: { cacheID: name, id: null, metadata: {}, name, operationKind: kind, text },
  };
}

function scalar(name: string): Selection {
  return { kind: 'ScalarField', alias: null, args: null, name, storageKey: null };
}

function linked(name: string, concreteType: string, variables: readonly string[], selections: Selection[]) {
  const args = variables.map((variable) => ({
    kind: 'Variable' as const,
    name: variable,
    variableName: variable,
  }));
  return {
    kind: 'LinkedField',
    alias: null,
    args,
    concreteType,
    name,
    plural: false,
    selections,
    storageKey: null,
  } as Selection;
}

const sessionFields = [scalar('id'), scalar('sessionId'), scalar('status')];

export const createSession = requestOf({
  kind: 'mutation',
  name: 'CreateMutation',
  text: 'mutation CreateMutation($input: CreateSessionInput!) { createSession(input: $input) { created session { id sessionId status } } }',
  variables: ['input'],
  field: linked(
    'createSession',
    'CreateSessionPayload',
    ['input'],
    [scalar('created'), linked('session', 'Session', [], sessionFields)],
  ),
});

export const readSession = requestOf({
  kind: 'query',
  name: 'ReadQuery',
  text: 'query ReadQuery($sessionId: ID!) { session(sessionId: $sessionId) { id sessionId status } }',
  variables: ['sessionId'],
  field: linked('session', 'Session', ['sessionId'], sessionFields),
});

export const followEvents = requestOf({
  kind: 'subscription',
  name: 'Follow',
  text: following,
  variables: ['afterPosition', 'sessionId'],
  field: linked('eventAdded', 'Event', ['afterPosition', 'sessionId'], [scalar('id'), scalar('position')]),
});
