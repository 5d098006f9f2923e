import type { Connection } from '@lamella/net-core';
import {
  BandwidthBudget,
  connectRequest,
  memoryNetwork,
  parseAddress,
  serveListener,
  streamTimeoutLayer,
  throttleLayer,
} from '@lamella/net-core';
import { createLifecycle, isLamellaError, serviceFn, stack } from '@lamella/service-core';
import { FakeClock } from '@lamella/service-core/testing';

const clock = new FakeClock(); // time that passes when this program says so
const network = memoryNetwork({ clock });
const lifecycle = createLifecycle({ clock });

const uplink = new BandwidthBudget({ bytesPerSecond: 30_000, clock }); // for all connections together
const server = stack(
  streamTimeoutLayer({ readTimeoutMs: 5_000, writeTimeoutMs: 60_000, clock }),
  throttleLayer({ writeBytesPerSecond: 20_000, writeBudget: uplink, clock }),
  serviceFn(async ({ stream }: Connection) => {
    await stream.read(); // which file; here there is only one
    await stream.write([new Uint8Array(60_000)]);
    await stream.closeWrite();
  }),
);
const listener = network.listen('files.test:80');
const onError = (error: unknown) => console.log('server:', isLamellaError(error) ? error.message : error);
void serveListener(listener, server, { lifecycle, onError });

/** @returns How many kilobytes came within so many seconds, for each of them, in tens. */
async function download(seconds: number, count: number): Promise<number[]> {
  const received = Array.from({ length: count }, () => 0);
  const connections = received.map(async (_none, index) => {
    const connector = network.connector();
    const { stream } = await connector.serve(connectRequest({ target: parseAddress('files.test:80') }));
    await stream.write([Buffer.from('file\n')]);
    for (let chunk = await stream.read(); chunk !== undefined; chunk = await stream.read()) {
      received[index] = (received[index] ?? 0) + chunk.length;
    }
    stream.destroy();
  });
  for (let passed = 0; passed < seconds * 10; passed++) await clock.advanceAsync(100);
  const soFar = received.map((bytes) => 10 * Math.round(bytes / 10_000));
  for (let passed = 0; passed < 100; passed++) await clock.advanceAsync(100);
  await Promise.all(connections);
  return soFar;
}

console.log('alone, after 2 s:', await download(2, 1), 'kB');
console.log('three at once, after 2 s:', await download(2, 3), 'kB');

// Somebody connects, and says nothing.
const connector = network.connector();
const { stream } = await connector.serve(connectRequest({ target: parseAddress('files.test:80') }));
await clock.advanceAsync(5_000);
console.log('client:', (await stream.closed).reason);
await lifecycle.drain();
