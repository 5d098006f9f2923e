import type { GrpcStatusError } from '@lamella/grpc';
import {
  defineService,
  grpcChannel,
  grpcClient,
  grpcHealth,
  grpcHealthCheck,
  grpcReflection,
  grpcReflectionClient,
  grpcService,
  implementService,
  jsonCodec,
} from '@lamella/grpc';
import { http2, http2ServerLayer } from '@lamella/http2';
import { roundRobin } from '@lamella/layers';
import { memoryNetwork, serveListener } from '@lamella/net-core';
import { createLifecycle, stack } from '@lamella/service-core';

const text = jsonCodec(String);
const Shop = defineService('shop.v1.Shop', { price: { type: 'unary', request: text, response: text } });

// Two servers behind one name, with health and reflection; here in memory: listenTcp(), tcpConnector() and systemResolver() on a network.
const network = memoryNetwork();
network.setName('shop.test', ['192.0.2.1', '192.0.2.2']);
const servers = ['192.0.2.1', '192.0.2.2'].map((address) => {
  const lifecycle = createLifecycle();
  const health = grpcHealth({ lifecycle });
  const shop = implementService(Shop, { price: (item) => `${item}: 3 coins at ${address}` });
  const all = [shop, health.implementation];
  const service = grpcService([...all, ...grpcReflection(all)]);
  void serveListener(network.listen(`${address}:50051`), stack(http2ServerLayer({ lifecycle }), service), {
    lifecycle,
  });
  return lifecycle;
});

const channel = grpcChannel({
  host: 'shop.test',
  port: 50_051,
  resolver: network.resolver,
  connector: network.connector(),
  protocols: [http2()],
  policy: roundRobin(),
  healthCheck: { check: grpcHealthCheck({ url: 'http://shop.test' }) },
});
const client = grpcClient(channel, Shop, {
  url: 'http://shop.test',
  defaultTimeoutMs: 5_000,
  retry: { maxAttempts: 3 }, // what is UNAVAILABLE is tried again
});
console.log(await client.price('tea'));
console.log(await client.price('tea'));

// One server leaves in good order: nobody notices.
await servers[0]?.drain();
const answers = await Promise.all(Array.from({ length: 10 }, () => client.price('cake')));
console.log(new Set(answers));

console.log(await grpcReflectionClient(channel, { url: 'http://shop.test' }).listServices());

// The last one is gone too: calls fail at once, unless they are told to wait.
await servers[1]?.drain();
console.log(await client.price('tea').catch((error: GrpcStatusError) => error.statusName));
await channel.close();
