import type { ExtensionKey } from '@lamella/service-core';
import { extensionKey } from '@lamella/service-core';

/** Identifier of the HTTP/2 stream that a request came in by. */
export const Http2StreamId: ExtensionKey<number, 'stream'> = extensionKey('http2/stream-id', { scope: 'stream' });
