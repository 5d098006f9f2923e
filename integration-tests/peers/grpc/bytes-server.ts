import type { GrpcServiceOptions } from '@lamella/grpc';
import { grpcHealth, grpcReflection, grpcService, implementService } from '@lamella/grpc';
import type { HttpClient } from '@lamella/http';
import { createHttpClient } from '@lamella/http';
import type { Http2Options } from '@lamella/http2';
import { http2, http2ServerLayer } from '@lamella/http2';
import { socketConnector } from '@lamella/net-tcp';
import { createLifecycle } from '@lamella/service-core';
import { onTestFinished } from 'vitest';
import { serveConnections } from '../../support/serve-connections.ts';
import { Bytes, bytesHandlers } from './bytes-service.ts';

/** Serves `Bytes`, health and reflection until the test is over. @returns `127.0.0.1:port`. */
export async function serveBytes(log: string[], options: GrpcServiceOptions = {}): Promise<string> {
  const lifecycle = createLifecycle();
  const implementations = [implementService(Bytes, bytesHandlers(log)), grpcHealth({ lifecycle }).implementation];
  const service = grpcService([...implementations, ...grpcReflection(implementations)], options);
  const { authority } = await serveConnections(http2ServerLayer({ lifecycle, onError() {} })(service), lifecycle);
  return authority;
}

/** An HTTP client of ours until the test is over. */
export function openHttp(options: Http2Options = {}): HttpClient {
  const http = createHttpClient({ connector: socketConnector(), protocols: [http2(options)] });
  onTestFinished(() => http.close());
  return http;
}
