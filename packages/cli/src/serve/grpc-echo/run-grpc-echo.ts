import type { GrpcImplementation } from '@lamella/grpc';
import { grpcHealth, grpcReflection, grpcService, grpcWebCors, HealthStatus } from '@lamella/grpc';
import type { HttpRequest, HttpResponse } from '@lamella/http';
import { corsLayer } from '@lamella/http';
import type { Service } from '@lamella/service-core';
import { stack, systemClock } from '@lamella/service-core';
import { messageOf } from '../../cli-error.ts';
import { serverTlsSettings } from '../../tls/server-tls-options.ts';
import type { ServerOptions, ServerParts } from '../run-server.ts';
import { runServer } from '../run-server.ts';
import { Echo } from './echo-pb.ts';
import { grpcEcho } from './grpc-echo.ts';

/** Runs the server until it is stopped. */
export function runGrpcEcho(options: ServerOptions): Promise<void> {
  return runServer('grpc-echo', options, echoServer, {
    tls: serverTlsSettings(options),
    hint: (place) => `call it by: lamella grpc call -d '{"message":"hello"}' ${place} ${Echo.typeName}/Say`,
  });
}

function echoServer({ lifecycle, note, telemetry }: ServerParts): Service<HttpRequest, HttpResponse> {
  const services = { '': HealthStatus.SERVING, [Echo.typeName]: HealthStatus.SERVING };
  const health = grpcHealth({ lifecycle, services });
  const own: readonly GrpcImplementation[] = [grpcEcho({ clock: systemClock }), health.implementation];
  return stack(
    corsLayer({ origins: '*', ...grpcWebCors }),
    grpcService([...own, ...grpcReflection(own)], {
      layers: [telemetry.call],
      onError: (error) => note(`call failed: ${messageOf(error)}`),
    }),
  );
}
