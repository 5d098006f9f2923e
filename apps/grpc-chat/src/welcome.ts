import { join } from 'node:path';
import type { Settings } from './settings.ts';

/** Says what runs, and commands to try. */
export function printWelcome(port: number, { tls, certFolder }: Settings): void {
  const url = tls === 'on' ? `https://localhost:${port}` : `http://127.0.0.1:${port}`;
  const trust = tls === 'on' ? ` --cacert ${join(certFolder, 'ca.pem')}` : '';
  const json = `curl${trust} -H 'Content-Type: application/json'`;
  console.log(`gRPC chat  ${url}

Open that in a browser, twice, or try, in another terminal:

  ${json} -d '{"room":"lobby","author":"curl","text":"hello"}' ${url}/chat.v1.Chat/Send
  ${json} -d '{}' ${url}/chat.v1.Chat/ListRooms
  ${json} -d '{}' ${url}/grpc.health.v1.Health/Check

Ctrl+C drains and stops.
`);
}
