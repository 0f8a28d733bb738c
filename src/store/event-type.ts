import { registerEnumType } from 'type-graphql';

export enum EventType {
  USER_SPEECH = 'USER_SPEECH',
  BOT_SPEECH = 'BOT_SPEECH',
  SYSTEM = 'SYSTEM',
}

registerEnumType(EventType, { name: 'EventType' });
