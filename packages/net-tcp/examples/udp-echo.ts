import type { Datagram } from '@lamella/net-tcp';
import { bindUdp, serveUdp } from '@lamella/net-tcp';
import { createLifecycle, serviceFn } from '@lamella/service-core';

const lifecycle = createLifecycle();
const server = await bindUdp(); // 127.0.0.1, any free port
const serving = serveUdp(
  server,
  serviceFn(({ data }: Datagram) => data),
  { lifecycle, maxConcurrent: 100 },
);

const client = await bindUdp();
await client.connect(server.address); // hears its peer alone
await client.send(Buffer.from('hello'));
for await (const { data } of client) {
  console.log(Buffer.from(data).toString(), client.gauges);
  break;
}
await client.close();

await lifecycle.drain();
await serving;
console.log(serving.gauges);
