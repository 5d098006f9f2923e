import type { Connector, Listener } from '@lamella/net-core';

/** A network on which one listens and connects by names, whatever stands behind them. */
export interface Places {
  /** Listens on a name such as `origin.test:80`. */
  listen(name: string): Promise<Listener>;
  /** Connects to names on which something listens. */
  readonly connector: Connector;
  /** Removes what is left; the listeners must be closed before. */
  close(): void;
}
