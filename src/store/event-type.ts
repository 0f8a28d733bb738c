import { registerEnumType } from 'type-graphql';

export enum EventType {
  USER_SPEECH = 'USER_SPEECH',
  BOT_SPEECH = 'BOT_SPEECH',
  SYSTEM = 'SYSTEM',
}

registerEnumType(EventType, {
  name: 'EventType',
  description: 'The source of an event.',
  valuesConfig: {
    USER_SPEECH: { description: 'The caller, or the person called, said something.' },
    BOT_SPEECH: { description: 'The voice assistant said something.' },
    SYSTEM: { description: 'Anything else that happened in the call: a transfer, a silence, an error.' },
  },
});
