import type { Command } from 'commander';
import type { ServerOptions } from '../run-server.ts';

/** Makes a server of it that runs until it is stopped. */
export function grpcEchoAction(command: Command): Command {
  return command.addHelpText('after', HELP).action(async (options: ServerOptions) => {
    // gRPC takes its time to load, and the other servers need none of it.
    const { runGrpcEcho } = await import('./run-grpc-echo.ts');
    return runGrpcEcho(options);
  });
}

const HELP = `
Serves lamella.echo.v1.Echo by gRPC, gRPC-Web and Connect, with grpc.health.v1.Health and reflection. Its methods answer with what has
arrived: Say once, Repeat several times, Join once for many, Chat each message as it comes.

Examples:
  lamella serve grpc-echo --bind :50051
  lamella grpc describe :50051
  lamella grpc call -d '{"message":"hello","count":5,"intervalMs":500}' :50051 lamella.echo.v1.Echo/Repeat
  lamella grpc call -d '{"failStatus":5,"failMessage":"no such thing"}' :50051 lamella.echo.v1.Echo/Say`;
