import type { HttpRequest, HttpResponse } from '@lamella/http';
import type { Layer, Service } from '@lamella/service-core';
import { tellFailure, UsageError } from '@lamella/service-core';
import type { GrpcOptions } from '../calls/grpc-limits.ts';
import { fullGrpcOptions } from '../calls/grpc-limits.ts';
import type { GrpcReply } from '../calls/grpc-reply.ts';
import type { GrpcServerCall } from '../calls/grpc-server-call.ts';
import { isGrpc, refuseOthers } from './admit-call.ts';
import type { GrpcProtocol } from './grpc-protocol.ts';
import type { GrpcImplementation, GrpcImplementedMethod } from './implement-service.ts';
import { otherProtocols } from './other-protocols.ts';
import { ServerExchange } from './server-exchange.ts';

/** Options of {@link grpcService}. */
export interface GrpcServiceOptions extends GrpcOptions {
  /** Layers around every method, the outermost first: interceptors. They see messages, not bytes. Default: none. */
  readonly layers?: readonly Layer<GrpcServerCall, GrpcReply>[];
  /** Which protocols are answered; at least one; requests of others get 415. Default: all of them. */
  readonly protocols?: readonly GrpcProtocol[];
  /**
   * Hears of every error of a handler that is no {@link GrpcStatusError}; the client is told UNKNOWN, and nothing else. Must not throw.
   * Default: `console.error`.
   */
  readonly onError?: (error: unknown, request: HttpRequest) => void;
}

/**
 * Makes a service for HTTP requests of implementations.
 *
 * @remarks
 * Source: PROTOCOL-HTTP2.md and PROTOCOL-WEB.md of grpc/grpc, connectrpc.com/docs/protocol. The same handlers answer gRPC, gRPC-Web and
 * Connect; what is none of them is answered with 415 or 405, so that this can stand behind a router with others. Trailers, and so gRPC, need
 * HTTP/2, or a client in the same process that is given this service itself; the other two run over HTTP/1.1 as well.
 *
 * A call ends with its deadline even if its handler goes on; the handler hears of it by `call.signal`. So it does when the client is gone.
 *
 * @throws UsageError if an option is out of its range, or two methods have one path.
 *
 * @example
 * const text = jsonCodec(String);
 * const Echo = defineService('demo.Echo', { echo: { type: 'unary', request: text, response: text } });
 * const service = grpcService([implementService(Echo, { echo: (message) => message })]);
 * const client = grpcClient(service, Echo);
 * await client.echo('hello'); // 'hello'
 */
export function grpcService(
  implementations: readonly GrpcImplementation[],
  options: GrpcServiceOptions = {},
): Service<HttpRequest, HttpResponse> {
  const { layers = [], onError = reportOnConsole, protocols = PROTOCOLS } = options;
  if (protocols.length === 0) throw new UsageError('protocols must hold at least one');
  for (const protocol of protocols) {
    if (!PROTOCOLS.includes(protocol))
      throw new UsageError(`protocols may hold ${PROTOCOLS.join(', ')}, got ${protocol}`);
  }
  const full = { ...fullGrpcOptions(options), onError };
  const methods = new Map<string, GrpcImplementedMethod>();
  for (const { method, service } of implementations.flatMap((implementation) => implementation.methods)) {
    if (methods.has(method.path)) throw new UsageError(`two methods have the path ${method.path}`);
    methods.set(method.path, { method, service: layers.reduceRight((inner, layer) => layer(inner), service) });
  }
  const grpc: Service<HttpRequest, HttpResponse> = {
    serve: (request) => new ServerExchange(request, full).serve(methods),
  };
  const others = otherProtocols(grpc, methods, full.maxMessageBytes, protocols);
  const serveOthers = async (request: HttpRequest): Promise<HttpResponse> => {
    const response = others(request);
    if (response !== undefined) return response;
    request.body.cancel();
    return refuseOthers(request, protocols);
  };
  const hasGrpc = protocols.includes('grpc');
  return {
    serve: (request) =>
      hasGrpc && isGrpc(request) ? new ServerExchange(request, full).serve(methods) : serveOthers(request),
  };
}

function reportOnConsole(error: unknown, request: HttpRequest): void {
  tellFailure(`the handler of ${request.path}`, error);
}

const PROTOCOLS: readonly GrpcProtocol[] = ['grpc', 'grpc-web', 'connect'];
