import 'reflect-metadata';
import { readConfig } from '../../../src/config';
import { memoryServices, noDatabase } from './memory-services';
import { serve } from './serve';

// The ceiling: our own server with a store that answers from memory at once.
void serve(memoryServices(), noDatabase, readConfig(process.env));
