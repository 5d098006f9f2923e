import type { ProxyCase } from '../support/proxy-case.ts';
import { forwarding } from './forwarding.ts';
import { oddRequests } from './odd-requests.ts';
import { smuggling } from './smuggling.ts';

/** What clients send to proxies, by theme. */
export const proxyCases: Readonly<Record<string, readonly ProxyCase[]>> = {
  'requests that are smuggled': smuggling,
  'requests that are odd': oddRequests,
  'requests that do not go on as they are': forwarding,
};
