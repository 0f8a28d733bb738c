import { testQueryWalks } from './query-walks';

testQueryWalks({ sessions: 1500, events: 9000 }, 60_000);
