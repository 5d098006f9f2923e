import type { GrpcCodec, GrpcMethod, GrpcSchema } from '@lamella/grpc';
import {
  defineService,
  GrpcStatus,
  GrpcStatusError,
  grpcService,
  implementService,
  jsonCodec,
  ttrpcServer,
} from '@lamella/grpc';
import type { HttpRequest, HttpResponse } from '@lamella/http';
import { http2ServerLayer } from '@lamella/http2';
import type { Connection } from '@lamella/net-core';
import { protocolRouter, startsWith } from '@lamella/net-core';
import type { Clock, Service } from '@lamella/service-core';
import { systemClock } from '@lamella/service-core';

type Text = GrpcCodec<string>;

const text: Text = jsonCodec(String);

/** A service with a method of each kind, and two to see what becomes of calls that end early. */
export const Talk: GrpcSchema<{
  readonly say: GrpcMethod<'unary', Text, Text>;
  readonly spell: GrpcMethod<'server-streaming', Text, Text>;
  readonly join: GrpcMethod<'client-streaming', Text, Text>;
  readonly shout: GrpcMethod<'bidi', Text, Text>;
  readonly hang: GrpcMethod<'unary', Text, Text>;
  readonly aborted: GrpcMethod<'unary', Text, Text>;
}> = defineService('test.Talk', {
  say: { type: 'unary', request: text, response: text },
  spell: { type: 'server-streaming', request: text, response: text },
  join: { type: 'client-streaming', request: text, response: text },
  shout: { type: 'bidi', request: text, response: text },
  hang: { type: 'unary', request: text, response: text },
  aborted: { type: 'unary', request: text, response: text },
});

/** What serves {@link Talk}, for requests, and for connections by gRPC and ttRPC on one port. */
export interface TalkServer {
  readonly service: Service<HttpRequest, HttpResponse>;
  readonly connections: Service<Connection, void>;
}

/** What a server is made of. */
export interface TalkServerOptions {
  readonly clock?: Clock;
  /** Hears of calls of `hang`. */
  readonly onHang?: (event: 'begun' | 'aborted') => void;
}

/** Makes a server. Its `aborted` says how many calls of `hang` were told to end. */
export function talkServer({ clock = systemClock, onHang }: TalkServerOptions = {}): TalkServer {
  let aborted = 0;
  const talk = implementService(Talk, {
    async say(message, { metadata }) {
      if (message === '') throw new GrpcStatusError(GrpcStatus.INVALID_ARGUMENT, 'nöthing');
      return `${metadata.get('x-prefix') ?? ''}${message}`;
    },
    *spell(message) {
      yield* message;
    },
    async join(messages) {
      let joined = '';
      for await (const message of messages) joined += message;
      return joined;
    },
    async *shout(messages) {
      for await (const message of messages) yield message.toUpperCase();
    },
    hang(_, { scope }) {
      onHang?.('begun');
      return new Promise((_resolve, reject) => {
        scope.onAbort((reason) => {
          aborted++;
          onHang?.('aborted');
          reject(reason);
        });
      });
    },
    aborted: () => String(aborted),
  });
  const service = grpcService([talk], { clock });
  const connections = protocolRouter({
    routes: [{ detect: startsWith('PRI * HTTP/2.0'), service: http2ServerLayer({ clock })(service) }],
    clock,
    fallback: ttrpcServer([talk], { clock }),
  });
  return { service, connections };
}
