import { testCrashes } from './crashes';

testCrashes(3);
