import type { ViaOptions } from '@lamella/http';
import { protocolsOf } from './http-versions.ts';
import type { ProxyTlsOptions } from './tls/tls-send-options.ts';
import { proxyTls } from './tls/tls-send-options.ts';
import { tracedTls } from './tls/traced-tls.ts';

/** What the options say of the way through a proxy; times in milliseconds. */
export interface ProxyWayOptions extends ProxyTlsOptions {
  readonly connectTimeout: number;
  readonly proxytunnel?: boolean;
  readonly proxyHttp2?: boolean;
}

/** How to go through the proxies that the options, or the environment, name. @throws CliError if the roots for them can't be used. */
export function proxyWay(options: ProxyWayOptions, note: (text: string) => void): ViaOptions {
  const { connectTimeout: timeoutMs, proxytunnel = false, proxyHttp2 = false } = options;
  return {
    plainHttp: proxytunnel ? 'tunnel' : 'absolute-form',
    handshakeTimeoutMs: timeoutMs,
    tls: tracedTls(proxyTls(options, timeoutMs), (text) => note(`Proxy: ${text}`)),
    ...(proxyHttp2 ? { protocols: protocolsOf({}) } : {}),
  };
}
