import type { HttpHeaders, HttpRequest, HttpResponse } from '@lamella/http';
import { isToken } from '@lamella/http';
import type { RelayOptions, RelayOutcome } from '@lamella/net-core';
import type { Clock, Service } from '@lamella/service-core';
import { systemClock, UsageError } from '@lamella/service-core';
import { randomPseudonym } from './pseudonym.ts';
import type { UpgradeRelay } from './upgrade-relay.ts';

/** Options that both kinds of proxy have. */
export interface ForwardingOptions {
  /** Sends requests on, such as an `HttpClient`. */
  readonly client: Service<HttpRequest, HttpResponse>;
  /** Name in Via and Proxy-Status, a token, unique on the way of a request. Default: random. */
  readonly pseudonym?: string;
  /** Limits of tunnels and upgraded connections. `lifecycle` makes them take part in draining. Default: those of `relay`. */
  readonly relay?: Omit<RelayOptions, 'scope'>;
  /** Takes over upgraded connections, such as `webSocketRelay()` of `@lamella/ws`. Default: their bytes are passed on. */
  readonly upgrade?: UpgradeRelay;
  /**
   * Changes the fields of a request as they go on, after those for one hop were taken off: what is added here reaches the next server, and no
   * client can have it removed by naming it in Connection. Framing fields are computed afterwards. Default: nothing.
   */
  readonly editRequest?: (headers: HttpHeaders, request: HttpRequest) => void;
  /** Changes the fields of a response as they go back, after those for one hop were taken off. Default: nothing. */
  readonly editResponse?: (headers: HttpHeaders, response: HttpResponse, request: HttpRequest) => void;
  /** Hears once how each tunnel and each upgraded connection ended, for accounting. Default: nobody. */
  readonly onRelayEnd?: (outcome: RelayOutcome, request: HttpRequest) => void;
  /** Source of time, for deadlines of calls that pass through; that of tunnels is in `relay`. Default: the system clock. */
  readonly clock?: Clock;
}

/** What forwarding needs, whichever kind of proxy does it. */
export interface Forwarding extends Required<Omit<ForwardingOptions, Optional>> {
  readonly editRequest: ForwardingOptions['editRequest'] | undefined;
  readonly editResponse: ForwardingOptions['editResponse'] | undefined;
  /** Takes over upgraded connections, if anything does. */
  readonly upgrade: UpgradeRelay | undefined;
  /** Whether error responses tell what failed where. A stranger shall not learn what stands behind a reverse proxy. */
  readonly tellsDetails: boolean;
}

/** Fills in defaults. @throws UsageError if an option is out of its range. */
export function fullForwarding(options: ForwardingOptions, tellsDetails: boolean): Forwarding {
  const { client, pseudonym = randomPseudonym(), relay = {}, onRelayEnd = () => {}, clock = systemClock } = options;
  if (!isToken(pseudonym)) throw new UsageError(`pseudonym must be a token, got ${JSON.stringify(pseudonym)}`);
  // The relay checks this as well, but the first tunnel would be late for it.
  for (const name of ['idleTimeoutMs', 'firstByteTimeoutMs'] as const) {
    const value = relay[name];
    if (value !== undefined && !(value > 0)) throw new UsageError(`relay.${name} must be > 0, got ${value}`);
  }
  const { upgrade, editRequest, editResponse } = options;
  return { client, pseudonym, relay, upgrade, editRequest, editResponse, onRelayEnd, clock, tellsDetails };
}

/** What may stay undefined. */
type Optional = 'upgrade' | 'editRequest' | 'editResponse';
