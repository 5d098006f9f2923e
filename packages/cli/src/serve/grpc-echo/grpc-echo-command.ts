import type { GrpcImplementation } from '@lamella/grpc';
import { grpcHealth, grpcReflection, grpcService, grpcWebCors, HealthStatus } from '@lamella/grpc';
import type { HttpRequest, HttpResponse } from '@lamella/http';
import { corsLayer } from '@lamella/http';
import type { Service } from '@lamella/service-core';
import { stack, systemClock } from '@lamella/service-core';
import type { Command } from 'commander';
import { messageOf } from '../../cli-error.ts';
import { serverTlsSettings } from '../../tls/server-tls-options.ts';
import type { ServerOptions, ServerParts } from '../run-server.ts';
import { runServer } from '../run-server.ts';
import { Echo } from './echo-pb.ts';
import { grpcEcho } from './grpc-echo.ts';

/** Makes a server of it that runs until it is stopped. */
export function grpcEchoAction(command: Command): Command {
  return command.addHelpText('after', HELP).action((options: ServerOptions) =>
    runServer('grpc-echo', options, echoServer, {
      tls: serverTlsSettings(options),
      hint: (place) => `call it by: lamella grpc call -d '{"message":"hello"}' ${place} ${Echo.typeName}/Say`,
    }),
  );
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

const HELP = `
Serves lamella.echo.v1.Echo by gRPC, gRPC-Web and Connect, with grpc.health.v1.Health and reflection. Its methods answer with what has
arrived: Say once, Repeat several times, Join once for many, Chat each message as it comes.

Examples:
  lamella serve grpc-echo --bind :50051
  lamella grpc describe :50051
  lamella grpc call -d '{"message":"hello","count":5,"intervalMs":500}' :50051 lamella.echo.v1.Echo/Repeat
  lamella grpc call -d '{"failStatus":5,"failMessage":"no such thing"}' :50051 lamella.echo.v1.Echo/Say`;
