import type { Address } from '@lamella/net-core';
import { formatAddress } from '@lamella/net-core';

/** Says what runs, and commands to try. */
export function printWelcome(address: Address): void {
  const url = `http://${formatAddress(address)}`;
  console.log(`web server  ${url}

Open that in a browser, or try, in another terminal:

  curl -H 'Accept-Encoding: br' -o /dev/null -D - ${url}/site.js
  curl -i -H 'Content-Type: application/json' -d '{"text":"hello"}' ${url}/api/notes
  curl -i ${url}/api/notes
  curl -N --max-time 3 ${url}/api/clock
  curl '${url}/readyz?verbose'

Ctrl+C drains and stops.
`);
}
