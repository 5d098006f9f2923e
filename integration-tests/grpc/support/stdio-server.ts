// Serves calls on its own stdin and stdout.
import { Duplex } from 'node:stream';
import { byteStreamFromDuplex, createConnection } from '@lamella/net-core';
import { talkServer } from './talk.ts';

// Node takes such a pair, which its types do not know.
const stdio = Duplex.from({ readable: process.stdin, writable: process.stdout } as never);
await talkServer().connections.serve(createConnection(byteStreamFromDuplex(stdio)));
