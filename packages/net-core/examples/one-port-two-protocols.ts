import type { Connection, PeekVerdict } from '@lamella/net-core';
import { createConnection, memoryPipe, peek } from '@lamella/net-core';
import { serviceFn } from '@lamella/service-core';

/** A TLS handshake starts with byte 22, an HTTP request with a letter; both within the first byte. */
function firstByte(bytes: Uint8Array): PeekVerdict<'tls' | 'http'> {
  const [byte] = bytes;
  if (byte === undefined) return { type: 'more' };
  if (byte === 22) return { type: 'match', value: 'tls' };
  return byte >= 65 && byte <= 90 ? { type: 'match', value: 'http' } : { type: 'reject' };
}

const detect = serviceFn(async ({ stream }: Connection) => {
  const outcome = await peek(stream, firstByte, { onTimeout: 'fail-closed', timeoutMs: 5_000 });
  const bytes = await stream.read(); // whoever comes next gets all of it
  console.log(outcome, bytes?.length);
});

for (const bytes of [Buffer.from('GET / HTTP/1.1\r\n'), Uint8Array.of(22, 3, 1), Uint8Array.of(0)]) {
  const [client, server] = memoryPipe();
  void client.write([bytes]);
  await detect.serve(createConnection(server));
  client.destroy();
}
