import type { GrpcCodec, GrpcImplementation, GrpcMethod, GrpcSchema } from '@lamella/grpc';
import { defineService, GrpcStatus, GrpcStatusError, implementService, jsonCodec } from '@lamella/grpc';
import type { Clock } from '@lamella/service-core';

/** The methods of {@link Stock}. */
export type StockMethods = {
  readonly count: GrpcMethod<'unary', GrpcCodec<string>, GrpcCodec<number>>;
};

/** A service of gRPC without a schema: how many of a thing there are. */
export const Stock: GrpcSchema<StockMethods> = defineService('shop.v1.Stock', {
  count: { type: 'unary', request: jsonCodec<string>(String), response: jsonCodec<number>(Number) },
});

/** Serves it, and does not always do well. */
export function stockService(clock: Clock): GrpcImplementation {
  return implementService(Stock, {
    async count(item, { scope }) {
      // A call that takes longer than its client waits for ends here as well: the deadline has come along.
      const { promise, resolve } = Promise.withResolvers<void>();
      const timer = clock.startTimer(item === 'stuck' ? 60_000 : 5, resolve);
      try {
        await scope.race(promise);
      } finally {
        timer.cancel();
      }
      if (item === 'missing') throw new GrpcStatusError(GrpcStatus.NOT_FOUND, 'nobody has heard of it');
      return item.length;
    },
  });
}
