import { Command } from 'commander';
import { listOption } from '../options.ts';
import type { GrpcCallCommandOptions } from './call/grpc-call.ts';
import { grpcCall } from './call/grpc-call.ts';
import { grpcDescribe, grpcList } from './describe/grpc-describe.ts';
import type { GrpcOptions } from './grpc-options.ts';
import { compressionOption, protocolOption, withGrpcOptions } from './grpc-options.ts';

/** `lamella grpc`: calls of gRPC by hand. */
export function grpcCommand(): Command {
  return new Command('grpc')
    .description('Call methods of gRPC with JSON, and look at what a server has.')
    .addHelpText('after', HELP)
    .addCommand(callCommand())
    .addCommand(listCommand())
    .addCommand(describeCommand());
}

function callCommand(): Command {
  const command = new Command('call')
    .description('Call a method; messages are JSON in and out. Streams go on as they come.')
    .argument('<url>', WHERE)
    .argument('<method>', 'package.Service/Method')
    .option('-d, --data <json>', 'a message as JSON, @file, or - for the standard input; repeat for more', listOption)
    .option('--emit-defaults', 'print fields that have their default value too')
    .addOption(protocolOption())
    .addOption(compressionOption());
  return withGrpcOptions(command)
    .addHelpText('after', HELP)
    .action((url: string, method: string, options: GrpcCallCommandOptions) => grpcCall(url, method, options));
}

function listCommand(): Command {
  const command = new Command('list')
    .description('Print the names of all services, or of the methods of one.')
    .argument('<url>', WHERE)
    .argument('[service]', 'full name of a service');
  return withGrpcOptions(command).action((url: string, service: string | undefined, options: GrpcOptions) =>
    grpcList(url, service, options),
  );
}

function describeCommand(): Command {
  const command = new Command('describe')
    .description('Print what a name stands for, as .proto files would say it.')
    .argument('<url>', WHERE)
    .argument('[symbol]', 'full name of a service, method, message, field or enum (default: all services)');
  return withGrpcOptions(command).action((url: string, symbol: string | undefined, options: GrpcOptions) =>
    grpcDescribe(url, symbol, options),
  );
}

const WHERE = 'http:// is HTTP/2 in clear, and may be left out; https://, unix:/path, or :port of this machine';

const HELP = `
The schema comes from the server by reflection, unless --descriptor-set or --proto gives it.
Exit codes: 0 for OK; 64 and the status for any other, such as 69 for NOT_FOUND (5) and 78 for UNAVAILABLE (14);
2 for what was typed wrong, and for services, methods and fields that there are not; 3 for a URL that is none.

Examples:
  lamella grpc list :50051
  lamella grpc describe :50051 lamella.echo.v1.Echo
  lamella grpc call -d '{"message":"hello"}' -H 'x-tenant: blue' :50051 lamella.echo.v1.Echo/Say
  lamella grpc call -d - https://grpc.example lamella.echo.v1.Echo/Chat < messages.jsonl
  lamella grpc call -x proxy.example:3128 --compression gzip -d '{}' https://grpc.example chat.v1.Chat/Say
  lamella grpc call --protocol connect -d '{}' https://grpc.example chat.v1.Chat/Say`;
