import type { Address } from '@lamella/net-core';
import { UsageError } from '@lamella/service-core';
import type { ProxyChain, ProxySelector } from './via.ts';
import { isProxyChain, viaAddress } from './via.ts';

/** One way to say where requests go, of the several that the `proxy` of a client takes. @throws UsageError if it is none of them. */
export function proxySelector(proxy: ProxyChain | ProxySelector | Address): ProxySelector {
  if (typeof proxy === 'function') return proxy;
  if (isProxyChain(proxy)) return () => proxy;
  // JavaScript may give anything, such as a URL as text. Not repeated: it may hold a password.
  if (typeof proxy !== 'object' || proxy === null || !('type' in proxy)) {
    throw new UsageError(
      "proxy takes no URL as it is: via('http://host:3128'), proxyFromEnvironment(), a function or an Address",
    );
  }
  const chain = viaAddress(proxy);
  return () => chain;
}
