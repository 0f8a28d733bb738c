import { testRaces } from './races';

testRaces({
  servers: [1, 2],
  crowd: { clients: 200, events: 8_000, sessions: 40 },
  twinRounds: 300,
  kills: 8,
  timeoutMs: 600_000,
});
