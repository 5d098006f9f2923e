import type { Connection } from '@lamella/net-core';
import { connectRequest, memoryNetwork, parseAddress, serveListener } from '@lamella/net-core';
import { serviceFn } from '@lamella/service-core';

// A server is a service of connections.
const echo = serviceFn(async ({ stream }: Connection) => {
  for (let chunk = await stream.read(); chunk !== undefined; chunk = await stream.read()) await stream.write([chunk]);
  await stream.closeWrite();
});

const network = memoryNetwork({ seed: 7 });
const listener = network.listen('echo.test:7');
void serveListener(listener, echo);
network.setConditions({ latencyMs: 5, chunkBytes: [1, 4] }); // slow, and in small pieces

const connector = network.connector();
const { stream } = await connector.serve(connectRequest({ target: parseAddress('echo.test:7') }));
await stream.write([Buffer.from('hello, network')]);
await stream.closeWrite();

const pieces: string[] = [];
for (let chunk = await stream.read(); chunk !== undefined; chunk = await stream.read()) {
  pieces.push(Buffer.from(chunk).toString());
}
console.log(pieces.join(''), '-', pieces.length > 3 ? 'in many pieces' : 'in few pieces');
console.log(await stream.closed);
await listener.close();
