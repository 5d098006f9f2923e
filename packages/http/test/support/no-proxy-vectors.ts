import { readFileSync } from 'node:fs';

/** A list as in `NO_PROXY`, a host as in a URL, and whether it is reached directly. */
export type NoProxyVector = readonly [list: string, host: string, isDirect: boolean];

/** What curl says that it does; a test beside the real one looks that it does. */
export const noProxyVectors: readonly NoProxyVector[] = JSON.parse(
  readFileSync(new URL('../fixtures/no-proxy.json', import.meta.url), 'utf8'),
);
