import type { AcmeAccount } from './acme-accounts.ts';
import type { AcmeClientOptions } from './acme-client-options.ts';
import type { AcmeTransport } from './acme-transport.ts';
import type { Poller } from './poller.ts';

/** What the steps of an order work with. */
export interface OrderWork {
  readonly transport: AcmeTransport;
  readonly account: AcmeAccount;
  readonly poller: Poller;
  readonly options: AcmeClientOptions;
  readonly signal: AbortSignal;
}
