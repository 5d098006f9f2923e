import type { Datagram } from '@lamella/net-tcp';
import { bindUdp, serveUdp } from '@lamella/net-tcp';
import type { Layer } from '@lamella/service-core';
import { createLifecycle, serviceFn, stack } from '@lamella/service-core';

/** Says nothing to a question that is shorter than the answer: nobody can use us to flood somebody else. */
const noAmplification: Layer<Datagram, Uint8Array | undefined> = (inner) => ({
  async serve(datagram) {
    const answer = await inner.serve(datagram);
    return answer === undefined || answer.length > datagram.data.length ? undefined : answer;
  },
});

const lifecycle = createLifecycle();
const stock = new Map([['apples', '7']]);
const socket = await bindUdp({ maxQueued: 100 });
const serving = serveUdp(
  socket,
  stack(
    noAmplification,
    serviceFn(async ({ data }: Datagram) => {
      const name = Buffer.from(data).toString().trim();
      return Buffer.from(`${name} ${stock.get(name) ?? 'none'}`);
    }),
  ),
  { lifecycle, maxConcurrent: 50 },
);

const client = await bindUdp();
await client.connect(socket.address);
await client.send(Buffer.from('apples'));
await client.send(Buffer.from('apples'.padEnd(20)));
for await (const { data } of client) {
  console.log(Buffer.from(data).toString());
  break;
}
await client.close();
await lifecycle.drain();
await serving;
console.log(serving.gauges);
