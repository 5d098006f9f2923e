import type { ExtensionKey } from '@lamella/service-core';
import { extensionKey } from '@lamella/service-core';
import type { Http2ClientFacts } from './protocol/early-frames.ts';

/** Identifier of the HTTP/2 stream that a request came in by. */
export const Http2StreamId: ExtensionKey<number, 'stream'> = extensionKey('http2/stream-id', { scope: 'stream' });

/** What the client of a request has shown of itself before its first one: what fingerprints are made of. */
export const Http2Client: ExtensionKey<Http2ClientFacts, 'stream'> = extensionKey('http2/client', { scope: 'stream' });
