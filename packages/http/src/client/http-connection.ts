import type { Connection } from '@lamella/net-core';
import type { Clock, Extensions, Service } from '@lamella/service-core';
import type { HttpRequest } from '../message/http-request.ts';
import type { HttpResponse } from '../message/http-response.ts';

/**
 * One connection that requests can be sent on, whichever protocol it speaks.
 *
 * @remarks
 * Serves up to {@link maxConcurrent} requests at a time; more are a mistake of the caller, whom {@link onChange} tells when
 * there is room. A response holds its place until its body has ended.
 */
export interface HttpConnection extends Service<HttpRequest, HttpResponse>, AsyncDisposable {
  /** Protocol that it speaks, by its ALPN name, such as `'http/1.1'`. */
  readonly protocol: string;
  /** Facts about the connection. */
  readonly extensions: Extensions<'connection'>;
  /** Requests that may be under way at once; may change. */
  readonly maxConcurrent: number;
  /** Requests that are under way now. */
  readonly active: number;
  /** `open`: takes requests. `closing`: finishes those it has. `closed`: gone. */
  readonly state: 'open' | 'closing' | 'closed';
  /** Whether the peer has been silent for so long that it may be gone: until it is heard, requests had better go elsewhere. Default false. */
  readonly isInDoubt?: boolean;
  /** Why it has ended, if the peer broke a rule or gave a reason: what a request is told that came too late for it. Default `undefined`. */
  readonly failure?: unknown;
  /** Since when nothing has been under way, in milliseconds on the monotonic clock. */
  readonly idleSinceMs: number;
  /** For how long the peer keeps an idle connection, in milliseconds, as far as it has said; `Infinity` if it has not. */
  readonly peerIdleTimeoutMs: number;
  /** Calls `listener` whenever there may be room, and when the state changes; one listener. */
  readonly onChange: (listener: () => void) => void;
  /** Takes no more requests, finishes those under way, and closes. */
  readonly close: () => Promise<void>;
  /** Ends now; requests under way fail with `reason`. */
  readonly destroy: (reason?: unknown) => void;
}

/** What an {@link HttpProtocol} needs to know to open a connection. */
export interface OpenHttpConnectionOptions {
  /** Whether requests go to a proxy rather than to their origin, which shows in their target. RFC 9112 section 3.2.2. */
  readonly isToProxy: boolean;
  /** Requests that earlier connections to the same server have taken at once; `Infinity` if nothing is known. Default `Infinity`. */
  readonly expectedConcurrent?: number;
  /** Source of time. */
  readonly clock: Clock;
}

/** A protocol that a client can speak: `http1()`, and `http2()` of its own package. */
export interface HttpProtocol {
  /** Its ALPN name. */
  readonly name: string;
  /** Whether a connection takes several requests at a time, so that one is enough for many who wait. Default false. */
  readonly isMultiplexed?: boolean;
  /** Starts to speak it on a connection, which it owns from now on. */
  readonly open: (connection: Connection, options: OpenHttpConnectionOptions) => HttpConnection;
}
