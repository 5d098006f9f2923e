import { create } from '@bufbuild/protobuf';
import { anyPack, DurationSchema } from '@bufbuild/protobuf/wkt';
import type { GrpcServerCall, GrpcServiceOptions } from '@lamella/grpc';
import { GrpcMetadata, GrpcStatus, GrpcStatusError, grpcService, implementService } from '@lamella/grpc';
import type { HttpRequest, HttpResponse } from '@lamella/http';
import { autoServerLayer } from '@lamella/http2';
import type { Layer } from '@lamella/service-core';
import { createLifecycle, stack } from '@lamella/service-core';
import { Talk } from '../../support/grpc/talk-pb.ts';
import { serveConnections } from '../../support/serve-connections.ts';

/** A server of ours of both versions of HTTP, and what it has seen. */
export interface TalkServer {
  /** `http://127.0.0.1:port`. */
  readonly url: string;
  /** Method and content type of each request, and what became of calls that hang. */
  readonly log: string[];
}

/** Serves `Talk` until the test is over. */
export async function serveTalk(
  options: GrpcServiceOptions = {},
  layer: Layer<HttpRequest, HttpResponse> = (inner) => inner,
): Promise<TalkServer> {
  const log: string[] = [];
  const service = grpcService([implementService(Talk, talkHandlers(log))], options);
  const logging: Layer<HttpRequest, HttpResponse> = (inner) => ({
    serve(request) {
      log.push(`${request.method} ${request.headers.get('content-type') ?? ''}`.trim());
      return inner.serve(request);
    },
  });
  const lifecycle = createLifecycle();
  const server = autoServerLayer({ lifecycle, onError() {} })(stack(logging, layer, service));
  const { authority } = await serveConnections(server, lifecycle);
  return { url: `http://${authority}`, log };
}

function talkHandlers(log: string[]): Parameters<typeof implementService<typeof Talk>>[1] {
  const look = async (text: string, { metadata, answer, scope }: GrpcServerCall): Promise<void> => {
    if (text === 'metadata') {
      for (const name of ['x-word', 'x-bin']) {
        for (const value of metadata.getAll(name)) {
          answer.metadata.append(name, value);
          answer.trailers.append(`end-${name}`, value);
        }
      }
    }
    if (text === 'fail') {
      const details = [anyPack(DurationSchema, create(DurationSchema, { seconds: 7n }))];
      const metadataOfEnd = GrpcMetadata.from({ 'x-why': 'so', 'why-bin': new Uint8Array([255]) });
      throw new GrpcStatusError(GrpcStatus.NOT_FOUND, 'nö 100%', { details, metadata: metadataOfEnd });
    }
    if (text === 'hang') {
      log.push('begun');
      await new Promise<void>((resolve) => scope.onAbort(() => resolve()));
      log.push('aborted');
    }
  };
  return {
    async find({ text, bigNumber }, call) {
      await look(text, call);
      return { text: `found ${text}`, bigNumber };
    },
    async say(word, call) {
      await look(word.text, call);
      return word;
    },
    async *spell({ text }, call) {
      await look(text, call);
      for (const letter of text) yield { text: letter };
    },
    async join(words, call) {
      let text = '';
      for await (const word of words) {
        await look(word.text, call);
        text += word.text;
      }
      return { text };
    },
    async *chat(words, call) {
      for await (const { text } of words) {
        await look(text, call);
        yield { text: text.toUpperCase() };
      }
    },
  };
}
