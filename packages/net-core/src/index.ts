// Bytes
export type {
  ByteSink,
  ByteStream,
  CloseInfo,
  DetachedSocket,
  Pausable,
  ReadOptions,
} from './bytes/byte-stream.ts';
export { ByteCursor } from './bytes/byte-cursor.ts';
export type { ByteCounts, CountedByteStream } from './bytes/byte-counts.ts';
export { countBytes } from './bytes/byte-counts.ts';
export type { ReadOrigin } from './bytes/read-side.ts';
export { ReadSide } from './bytes/read-side.ts';

// Connections
export type { Connection, ConnectionOptions } from './connection/connection.ts';
export { createConnection } from './connection/connection.ts';

// Looking and joining
export type { PeekOptions, PeekOutcome, PeekVerdict } from './peek/peek.ts';
export { peek } from './peek/peek.ts';
export type { RelayOptions, RelayOutcome, RelayReason } from './relay/relay.ts';
export { relay } from './relay/relay.ts';

// Adapters
export type { DuplexByteStreamOptions } from './adapters/duplex-byte-stream.ts';
export { byteStreamFromDuplex } from './adapters/duplex-byte-stream.ts';
export type { NodeDuplexOptions } from './adapters/node-duplex.ts';
export { duplexFromByteStream } from './adapters/node-duplex.ts';
export type { WebStreamPair } from './adapters/web-streams.ts';
export { byteStreamFromWebStreams, webStreamsFromByteStream } from './adapters/web-streams.ts';

// Networks in memory
export type { LinkConditions } from './memory/link-conditions.ts';
export type { MemoryPipeOptions } from './memory/memory-pipe.ts';
export { memoryPipe } from './memory/memory-pipe.ts';
export type { NumberRange } from './memory/random.ts';

// What is open
export type { OpenResource, TrackedResource } from './ledger/ledger.ts';
export { openResources, resources, trackResource } from './ledger/ledger.ts';

// Errors
export type {
  ConnectErrorCode,
  ConnectErrorDomain,
  ConnectErrorOptions,
  ConnectPhase,
  StreamErrorCode,
} from './errors.ts';
export { ConnectError, StreamError, toStreamError } from './errors.ts';
