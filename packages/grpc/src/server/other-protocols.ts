import type { HttpRequest, HttpResponse } from '@lamella/http';
import type { Service } from '@lamella/service-core';
import { serveConnect } from '../connect/connect-layer.ts';
import { connectRequestOf } from '../connect/connect-request.ts';
import { grpcWebLayer } from '../web/grpc-web-layer.ts';
import { webContentTypeOf } from '../web/web-content-type.ts';
import type { GrpcProtocol } from './grpc-protocol.ts';
import type { GrpcImplementedMethod } from './implement-service.ts';

/**
 * Serves gRPC-Web and Connect by a service of gRPC whose methods are known.
 *
 * @returns What answers a request, or gives `undefined` if it is of neither.
 */
export function otherProtocols(
  grpc: Service<HttpRequest, HttpResponse>,
  methods: ReadonlyMap<string, GrpcImplementedMethod>,
  maxMessageBytes: number,
  protocols: readonly GrpcProtocol[],
): (request: HttpRequest) => Promise<HttpResponse> | undefined {
  const web = protocols.includes('grpc-web') ? grpcWebLayer()(grpc) : undefined;
  const hasConnect = protocols.includes('connect');
  return (request) => {
    if (web !== undefined && request.method === 'POST') {
      if (webContentTypeOf(request.headers.get('content-type')) !== undefined) return web.serve(request);
    }
    const connect = hasConnect ? connectRequestOf(request) : undefined;
    if (connect === undefined) return undefined;
    const method = methods.get(request.path)?.method;
    return serveConnect(request, connect, grpc, { method, isSafe: method?.isSafe === true, maxMessageBytes });
  };
}
