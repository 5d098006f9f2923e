import { isInNoProxy } from './no-proxy.ts';
import type { ProxyChain, ProxySelector, ViaOptions } from './via.ts';
import { via } from './via.ts';

/** Variables of an environment, such as `process.env`. */
export type ProxyEnvironment = Readonly<Record<string, string | undefined>>;

/**
 * Chooses proxies by the variables of an environment, exactly as curl does, for the `proxy` of {@link createHttpClient}.
 *
 * @remarks
 * `http_proxy` for `http:` URLs, in lower case only: a CGI program finds the `Proxy` header of whoever calls it in `HTTP_PROXY`.
 * `https_proxy` or `HTTPS_PROXY` for `https:`; `all_proxy` or `ALL_PROXY` where there is none for the scheme. Hosts that
 * `no_proxy` or `NO_PROXY` names are reached directly: names and what ends in them after a dot, addresses, blocks of addresses,
 * or `*` for all; ports are not looked at. Lower case goes first everywhere, and an empty variable counts as none.
 *
 * The environment is read once, here. A variable whose scheme is not used may hold what we don't support.
 *
 * @example
 * const client = createHttpClient({ connector: tcpConnector(), proxy: proxyFromEnvironment(process.env) });
 *
 * @throws UsageError if an option is out of its range. When a request needs a proxy that is none, or of a kind that is not
 * supported: UsageError.
 */
export function proxyFromEnvironment(environment: ProxyEnvironment, options: ViaOptions = {}): ProxySelector {
  const value = (...names: readonly string[]): string | undefined =>
    names.map((name) => environment[name]).find((text) => text !== undefined && text !== '');
  const all = value('all_proxy', 'ALL_PROXY');
  const httpUrl = value('http_proxy') ?? all;
  const httpsUrl = value('https_proxy', 'HTTPS_PROXY') ?? all;
  const noProxy = value('no_proxy', 'NO_PROXY') ?? '';
  via('http://localhost', options); // wrong options are heard of at once
  const chains = new Map<string, ProxyChain>();

  return ({ scheme, host }) => {
    const url = scheme === 'https' || scheme === 'wss' ? httpsUrl : httpUrl;
    if (url === undefined || isInNoProxy(noProxy, host)) return undefined;
    let chain = chains.get(url);
    if (chain === undefined) {
      chain = via(url, options);
      chains.set(url, chain);
    }
    return chain;
  };
}
