import { registerEnumType } from 'type-graphql';

export enum SessionStatus {
  INITIATED = 'INITIATED',
  ACTIVE = 'ACTIVE',
  COMPLETED = 'COMPLETED',
  FAILED = 'FAILED',
}

registerEnumType(SessionStatus, {
  name: 'SessionStatus',
  description: 'The state of a call.',
  valuesConfig: {
    INITIATED: { description: 'Created, no event yet.' },
    ACTIVE: { description: 'At least one event.' },
    COMPLETED: { description: 'Ended normally. Final: nothing is added afterwards.' },
    FAILED: { description: 'Ended by a failure. Final: nothing is added afterwards.' },
  },
});

/** Whether a session with this status accepts no more events. */
export function hasEnded(status: SessionStatus): boolean {
  return status === SessionStatus.COMPLETED || status === SessionStatus.FAILED;
}
