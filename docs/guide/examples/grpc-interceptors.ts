import type { GrpcCall, GrpcReply, GrpcServerCall } from '@lamella/grpc';
import {
  defineService,
  GrpcStatus,
  GrpcStatusError,
  grpcClient,
  grpcService,
  implementService,
  jsonCodec,
} from '@lamella/grpc';
import type { Layer } from '@lamella/service-core';

const text = jsonCodec(String);
const Shop = defineService('shop.v1.Shop', { price: { type: 'unary', request: text, response: text } });

/** On the server: nobody comes in without a key. */
const requireKey: Layer<GrpcServerCall, GrpcReply> = (inner) => ({
  async serve(call) {
    if (call.metadata.get('x-key') !== 'secret') throw new GrpcStatusError(GrpcStatus.UNAUTHENTICATED, 'who are you?');
    return inner.serve(call);
  },
});
/** On the client: the key goes along. */
const sendKey: Layer<GrpcCall, GrpcReply> = (inner) => ({
  async serve(call) {
    const metadata = call.metadata.clone();
    metadata.set('x-key', 'secret');
    return inner.serve(call.with({ metadata }));
  },
});

const service = grpcService([implementService(Shop, { price: () => '3 coins' })], { layers: [requireKey] });
const stranger = grpcClient(service, Shop);
console.log(await stranger.price('tea').catch((error: GrpcStatusError) => error.message));
const friend = grpcClient(service, Shop, { layers: [sendKey] });
console.log(await friend.price('tea'));
