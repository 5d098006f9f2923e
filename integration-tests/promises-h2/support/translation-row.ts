import type { ForwardProxyOptions, ReverseProxyOptions } from '@lamella/proxy';
import type { Version, Wire } from './scripted-end.ts';

/** From the version that the client speaks to the one that the origin speaks. */
export type Way = `${Version}-${Version}`;

/** All ways. */
export const WAYS: readonly Way[] = ['h1-h1', 'h1-h2', 'h2-h1', 'h2-h2'];

/** One end acts; then everything that has come is compared. */
export interface Step {
  readonly by: 'client' | 'origin' | 'clock';
  /** Nothing, if the end only ends. */
  readonly sends?: Wire;
  /** What the end does behind it: ends its direction, or breaks the connection off. */
  readonly ending?: 'end' | 'reset';
  /** For the clock: time that passes, in milliseconds. */
  readonly ms?: number;
  /** All that the origin has seen since the last step. Default: nothing. */
  readonly origin?: Wire;
  /** All that the client has seen since the last step. Default: nothing. */
  readonly client?: Wire;
}

/** How one rule shows on one way. */
export interface WayScript {
  readonly steps: readonly Step[];
  /** How the proxy has ended the connections in the end. Default: it has not. */
  readonly ended?: { readonly client?: 'ended' | 'reset'; readonly origin?: 'ended' | 'reset' };
}

/** Which proxy a row is for. */
export type ProxyOptions =
  | ({ readonly type: 'reverse' } & Partial<Omit<ReverseProxyOptions, 'client'>>)
  | ({ readonly type: 'forward' } & Partial<Omit<ForwardProxyOptions, 'client' | 'connector'>>);

/** What a row is played on. */
export interface TranslationSetting {
  /** Default: a reverse proxy to `http://origin.test` that says nothing of its clients. */
  readonly proxy?: ProxyOptions;
  /** Whether an origin of HTTP/2 takes extended CONNECT. Default true. */
  readonly takesConnect?: boolean;
  /** Whether the client has come by TLS. Default false. */
  readonly isOverTls?: boolean;
}

/** One rule, and what it makes of a message on each way where there is something to it. */
export interface TranslationRow extends TranslationSetting {
  /** What must happen, and where it is written. */
  readonly rule: string;
  readonly ways: Partial<Record<Way, WayScript>>;
}

/** The version on the side of the client, and on that of the origin. */
export function versionsOf(way: Way): readonly [client: Version, origin: Version] {
  const [client, origin] = way.split('-');
  return [client === 'h2' ? 'h2' : 'h1', origin === 'h2' ? 'h2' : 'h1'];
}
