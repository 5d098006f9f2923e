// Serves calls in a worker, on Web streams that were sent to it.
import { workerData } from 'node:worker_threads';
import type { WebStreamPair } from '@lamella/net-core';
import { byteStreamFromWebStreams, createConnection } from '@lamella/net-core';
import { talkServer } from './talk.ts';

// What `ways.ts` gives to this worker and to no other.
const pair = workerData as WebStreamPair;
await talkServer().connections.serve(createConnection(byteStreamFromWebStreams(pair)));
