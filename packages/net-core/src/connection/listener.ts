import type { Address } from '../address/address.ts';
import type { Connection } from './connection.ts';

/**
 * Accepts connections: an async iterable of them.
 *
 * @remarks
 * Whoever iterates gets each connection once and is responsible for it. What has been accepted and is not taken yet is closed
 * when the listener closes.
 */
export interface Listener extends AsyncIterable<Connection>, AsyncDisposable {
  /** Where it listens, with the port that was chosen if 0 was asked for. */
  readonly address: Address;
  /** Stops listening; connections that were taken go on. Resolves when nothing new can come. */
  close(): Promise<void>;
  /**
   * Closes when those who have connected already are accepted. A busy process leaves them waiting in the kernel, which resets them at the close, and
   * with them the requests that they have sent. Default: {@link close}.
   */
  drain?(): Promise<void>;
}
