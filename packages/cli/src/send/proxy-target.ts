import type { Address } from '@lamella/net-core';
import { parseAuthority } from '@lamella/net-core';
import { targetUrl } from './target-url.ts';

/** A proxy, as `-x` names it. */
export interface ProxyTarget {
  readonly address: Address;
  /** `name:password`, if the URL has them. */
  readonly credentials: string | undefined;
}

/** Understands `[http://][name:password@]host[:port]`; like curl, without a port it means 1080. */
export function proxyTarget(text: string): ProxyTarget {
  const { target, credentials } = targetUrl(text);
  const { host, port } = parseAuthority(target.slice('http://'.length).split('/', 1)[0] ?? '');
  // A URL forgets a port that is the usual one of its scheme.
  const usual = /:0*80(?:$|[/?#])/.test(text) ? 80 : 1_080;
  return { address: { type: 'tcp', host, port: port ?? usual }, credentials };
}
