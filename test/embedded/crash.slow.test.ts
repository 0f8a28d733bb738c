import { testCrashes } from './crashes';

testCrashes(30);
