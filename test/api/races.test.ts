import { testRaces } from './races';

testRaces({
  servers: [2],
  crowd: { clients: 80, events: 600, sessions: 10 },
  twinRounds: 50,
  kills: 1,
  timeoutMs: 60_000,
});
