import type { GrpcStatusError } from '@lamella/grpc';
import { defineService, grpcClient, grpcService, implementService, jsonCodec } from '@lamella/grpc';

const text = jsonCodec(String);
const Stock = defineService('stock.v1.Stock', { count: { type: 'unary', request: text, response: text } });
const Shop = defineService('shop.v1.Shop', { isThere: { type: 'unary', request: text, response: text } });

// A service that takes its time, until somebody tells it that nobody waits any more.
const stock = grpcService([
  implementService(Stock, {
    count: (_item, call) =>
      new Promise((_resolve, reject) => {
        call.scope.onAbort((reason) => {
          console.log('stock: stopped counting');
          reject(reason);
        });
      }),
  }),
]);

// A service that asks it, in the time that its own caller has left.
const counts = grpcClient(stock, Stock);
const shop = grpcService([
  implementService(Shop, {
    isThere: (item, call) => counts.count(item, { parent: call }),
  }),
]);

const client = grpcClient(shop, Shop);
const failure = await client.isThere('tea', { timeoutMs: 100 }).catch((error: GrpcStatusError) => error.statusName);
console.log('client:', failure);

const controller = new AbortController();
const call = client.isThere('cake', { signal: controller.signal });
setTimeout(() => controller.abort(new Error('I have left')), 20);
console.log('client:', await call.catch((error: Error) => error.message));
