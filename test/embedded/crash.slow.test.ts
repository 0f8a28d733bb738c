import { testCrashes } from './crashes';

testCrashes(15);
