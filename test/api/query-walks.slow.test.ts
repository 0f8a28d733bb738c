import { testQueryWalks } from './query-walks';

testQueryWalks({ sessions: 20_000, events: 200_000 }, 900_000);
