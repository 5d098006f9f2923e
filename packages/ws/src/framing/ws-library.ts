import type { EventEmitter } from 'node:events';
import type { ZlibOptions } from 'node:zlib';
import * as library from 'ws';

/** Reads frames; what `ws` calls a receiver. */
export interface WsReceiver extends EventEmitter {
  /** Takes a chunk, which it keeps and unmasks in place; calls `done` when it has used all that can be used by now. */
  _write(chunk: Buffer, encoding: 'buffer', done: (error?: Error | null) => void): void;
  /** What comes next: 0 is the first byte of a frame. */
  readonly _state: unknown;
  /** Bytes that it could not use yet. */
  readonly _bufferedBytes: unknown;
  /** Opcode of a message of which fragments are missing; 0 without one. */
  readonly _fragmented: unknown;
}

/** Options of {@link WsReceiver}. */
export interface WsReceiverOptions {
  readonly isServer: boolean;
  readonly maxPayload: number;
  readonly maxFragments: number;
  readonly maxBufferedChunks: number;
  readonly extensions: Readonly<Record<string, WsInflate>>;
}

/** What a receiver asks of permessage-deflate. */
export interface WsInflate {
  decompress(data: Buffer, isLast: boolean, done: (error: Error | null, data: Buffer) => void): void;
}

/** How one frame is written. */
export interface WsFrameOptions {
  readonly opcode: number;
  readonly fin: boolean;
  readonly mask: boolean;
  /** Whether the data must not be masked in place. */
  readonly readOnly: boolean;
  readonly rsv1: boolean;
}

/** Parameters of permessage-deflate as they travel: each name with its values, in order. */
export type WsExtensionParameters = Record<string, readonly (string | true)[]>;

/** Negotiates, deflates and inflates. RFC 7692. */
export interface WsPerMessageDeflate extends WsInflate {
  readonly params: Readonly<Record<string, number | true>> | null;
  offer(): Record<string, string | number | true>;
  accept(configurations: readonly WsExtensionParameters[]): Record<string, string | number | true>;
  compress(data: Buffer, isLast: boolean, done: (error: Error | null, data: Buffer) => void): void;
  cleanup(): void;
}

/** Options of {@link WsPerMessageDeflate}. */
export interface WsPerMessageDeflateOptions {
  readonly isServer: boolean;
  readonly maxPayload: number;
  readonly serverNoContextTakeover: boolean;
  readonly clientNoContextTakeover: boolean;
  readonly serverMaxWindowBits?: number;
  readonly clientMaxWindowBits?: number;
  readonly zlibDeflateOptions: ZlibOptions;
}

interface WsLibrary {
  readonly Receiver: new (options: WsReceiverOptions) => WsReceiver;
  readonly Sender: { frame(data: Buffer | string, options: WsFrameOptions): Buffer[] };
  readonly PerMessageDeflate: new (options: WsPerMessageDeflateOptions) => WsPerMessageDeflate;
  readonly extension: {
    parse(header: string): Record<string, WsExtensionParameters[]>;
    format(extensions: Readonly<Record<string, Readonly<Record<string, string | number | true>>>>): string;
  };
}

// The module exports these; the community's types of it leave them out. Tests of this package run through every one of them.
const exported = library as unknown as WsLibrary;

export const Receiver: WsLibrary['Receiver'] = exported.Receiver;
export const Sender: WsLibrary['Sender'] = exported.Sender;
export const PerMessageDeflate: WsLibrary['PerMessageDeflate'] = exported.PerMessageDeflate;
export const extension: WsLibrary['extension'] = exported.extension;
