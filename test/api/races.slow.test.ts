import { testRaces } from './races';

testRaces({
  crowd: { clients: 200, events: 20_000, sessions: 50 },
  twinRounds: 500,
  kills: 10,
  timeoutMs: 600_000,
});
