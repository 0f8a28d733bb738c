import { testQueryWalks } from './query-walks';

testQueryWalks({ sessions: 30_000, events: 300_000 }, 900_000);
