import { readFileSync } from 'node:fs';

/** A list as in `NO_PROXY`, a host as in a URL, whether it is reached directly, and whether old versions of curl do otherwise. */
export type NoProxyVector = readonly [list: string, host: string, isDirect: boolean, exception?: 'not curl 7'];

/** What curl says that it does; the same table that the package tests itself by. */
export const noProxyVectors: readonly NoProxyVector[] = JSON.parse(
  readFileSync(new URL('../../packages/http/test/fixtures/no-proxy.json', import.meta.url), 'utf8'),
);
