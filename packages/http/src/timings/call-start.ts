import type { ConnectDurations } from '@lamella/net-core';
import type { ExtensionKey } from '@lamella/service-core';
import { extensionKey } from '@lamella/service-core';

/** When a connection was opened; all times on the monotonic clock. */
export interface Dial {
  readonly startMs: number;
  readonly endMs: number;
  /** What the connectors have measured of it. */
  readonly durations: ConnectDurations | undefined;
}

/** What the pool knows of a call before its connection does. */
export interface CallStartFacts {
  /** When the call came, on the monotonic clock. */
  readonly startMs: number;
  /** The connect that it was the first to use; `undefined` on a connection that had been used. */
  dial: Dial | undefined;
}

/** How a call came to its connection; written by the pool, in the store of the attempt. */
export const CallStart: ExtensionKey<CallStartFacts, 'request'> = extensionKey('http/call-start', { scope: 'request' });
