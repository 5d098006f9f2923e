import type { Address } from '@lamella/net-core';
import { formatAddress } from '@lamella/net-core';

/** Says what runs, and three commands to try. */
export function printWelcome(forward: Address, reverse: Address): void {
  const [forwardUrl, reverseUrl] = [forward, reverse].map((address) => `http://${formatAddress(address)}`);
  console.log(`forward proxy  ${forwardUrl}
reverse proxy  ${reverseUrl}

Try, in another terminal:
  curl ${reverseUrl}/green/hello
  curl -x ${forwardUrl} ${reverseUrl}/
  curl -x ${forwardUrl} --proxytunnel ${reverseUrl}/bytes/1000000 -o /dev/null -w '%{size_download} bytes\\n'

Ctrl+C drains and stops.
`);
}
