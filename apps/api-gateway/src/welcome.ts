import type { Address } from '@lamella/net-core';
import { formatAddress } from '@lamella/net-core';
import type { Settings } from './settings.ts';

/** Says what runs, and commands to try. */
export function printWelcome(address: Address, { keys, limit, windowMs, redisUrl }: Settings): void {
  const url = `http://${formatAddress(address)}`;
  const where = redisUrl === undefined ? 'in this process' : 'in Redis';
  const authorization = `-H 'Authorization: Bearer ${keys[0]?.token}'`;
  console.log(`API gateway  ${url}
limit        ${limit} requests in ${windowMs / 1_000} s for each key, kept ${where}

Try, in another terminal:

  curl -i ${authorization} ${url}/api/me
  curl -i --compressed ${authorization} ${url}/api/items
  curl -i ${authorization} -X POST ${url}/api/break
  curl ${url}/gauges
  curl '${url}/readyz?verbose'

Ctrl+C drains and stops.
`);
}
