import { ReceiverPool } from '../framing/receiver-pool.ts';
import type { FullWebSocketOptions } from './web-socket-options.ts';

/** What all WebSockets of a server, of a client or of a relay share. */
export interface WebSocketSettings extends FullWebSocketOptions {
  readonly role: 'server' | 'client';
  readonly receivers: ReceiverPool;
}

/** Makes what one end of WebSockets runs by. */
export function webSocketSettings(role: 'server' | 'client', options: FullWebSocketOptions): WebSocketSettings {
  const { maxMessageBytes, maxFragments } = options.limits;
  return {
    ...options,
    role,
    receivers: ReceiverPool.of({ isServer: role === 'server', maxMessageBytes, maxFragments }),
  };
}
