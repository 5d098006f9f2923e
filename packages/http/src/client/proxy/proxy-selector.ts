import type { Address } from '@lamella/net-core';
import type { ProxyChain, ProxySelector } from './via.ts';
import { viaAddress } from './via.ts';

/** One way to say where requests go, of the several that the `proxy` of a client takes. */
export function proxySelector(proxy: ProxyChain | ProxySelector | Address): ProxySelector {
  if (typeof proxy === 'function') return proxy;
  const chain = 'type' in proxy ? viaAddress(proxy) : proxy;
  return () => chain;
}
