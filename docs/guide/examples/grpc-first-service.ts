// #region imports
import {
  defineService,
  GrpcStatus,
  GrpcStatusError,
  grpcClient,
  grpcService,
  implementService,
  jsonCodec,
} from '@lamella/grpc';
import { createHttpClient } from '@lamella/http';
import { autoServerLayer, http2 } from '@lamella/http2';
import { formatAddress, serveListener } from '@lamella/net-core';
import { listenTcp, tcpConnector } from '@lamella/net-tcp';
import { createLifecycle, stack } from '@lamella/service-core';

// #endregion imports

// #region service
const text = jsonCodec(String);
const Shop = defineService('shop.v1.Shop', {
  price: { type: 'unary', request: text, response: text },
  list: { type: 'server-streaming', request: text, response: text },
  order: { type: 'client-streaming', request: text, response: text },
  haggle: { type: 'bidi', request: text, response: text },
});

const prices = new Map([
  ['tea', 3],
  ['cake', 4],
]);
const priceOf = (item: string): number => {
  const price = prices.get(item);
  if (price === undefined) throw new GrpcStatusError(GrpcStatus.NOT_FOUND, `no ${item} here`);
  return price;
};
const shop = implementService(Shop, {
  price: (item) => `${priceOf(item)} coins`,
  *list() {
    yield* prices.keys();
  },
  async order(items) {
    let sum = 0;
    for await (const item of items) sum += priceOf(item);
    return `${sum} coins`;
  },
  async *haggle(offers) {
    for await (const offer of offers) yield Number(offer) < 3 ? 'no' : 'sold';
  },
});
// #endregion service

// #region server
const lifecycle = createLifecycle();
const server = stack(autoServerLayer({ lifecycle }), grpcService([shop]));
const listener = await listenTcp(); // 127.0.0.1, any free port
void serveListener(listener, server, { lifecycle });
const url = `http://${formatAddress(listener.address)}`;
// #endregion server

// #region client
const http = createHttpClient({ connector: tcpConnector(), protocols: [http2()], lifecycle });
const client = grpcClient(http, Shop, { url, defaultTimeoutMs: 5_000 });

console.log(await client.price('tea'));
for await (const item of client.list('')) console.log('-', item);
console.log(await client.order(['tea', 'cake', 'cake']));
for await (const answer of client.haggle(['1', '2', '3'])) console.log(answer);
try {
  await client.price('gold');
} catch (error) {
  if (error instanceof GrpcStatusError) console.log(error.statusName, '-', error.statusMessage);
}
// #endregion client

// #region fetch
const response = await fetch(`${url}/shop.v1.Shop/Price`, {
  method: 'POST',
  headers: { 'Content-Type': 'application/json' },
  body: JSON.stringify('cake'),
});
console.log(response.status, await response.json());
await lifecycle.drain();
// #endregion fetch
