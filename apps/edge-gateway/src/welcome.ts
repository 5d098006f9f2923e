import { join } from 'node:path';
import type { Settings } from './settings.ts';

/** Says what runs, and commands to try. */
export function printWelcome(port: number, { certFolder }: Settings): void {
  const url = (host: string) => `https://${host}:${port}`;
  const trust = `--cacert ${join(certFolder, 'ca.pem')}`;
  console.log(`edge gateway  ${url('shop.localhost')}
certificates  ${certFolder}

Try, in another terminal:

  curl -i ${trust} ${url('api.localhost')}/
  curl -i --http1.1 ${trust} ${url('api.localhost')}/
  curl ${trust} -d hello ${url('api.localhost')}/echo
  curl ${trust} ${url('direct.localhost')}/
  curl ${trust} ${url('shop.localhost')}/readyz

SIGHUP reads the certificates again, Ctrl+C drains and stops.
`);
}
