import type { Command } from 'commander';
import { Option } from 'commander';
import { listOption, someSecondsOption, valueOption } from '../options.ts';
import type { ProxyOptions } from '../send/proxy-choice.ts';
import type { ProxyTlsOptions, TlsSendOptions } from '../send/tls/tls-send-options.ts';
import { withSendTlsOptions } from '../send/tls/with-send-tls-options.ts';
import { withProxyOptions } from '../send/with-proxy-options.ts';

/** A protocol that calls can be made by. */
export type GrpcProtocolChoice = 'grpc' | 'grpc-web' | 'connect';

/** Options of all commands of `grpc`; times in milliseconds. */
export interface GrpcOptions extends TlsSendOptions, ProxyOptions, ProxyTlsOptions {
  readonly header?: readonly string[];
  readonly timeout?: number;
  readonly connectTimeout: number;
  readonly descriptorSet?: readonly string[];
  readonly proto?: readonly string[];
  readonly importPath?: readonly string[];
  readonly verbose?: boolean;
}

/** Adds them. */
export function withGrpcOptions(command: Command): Command {
  command
    .option('-H, --header <line>', "metadata 'name: value', for a name in -bin as base64; repeat for more", listOption)
    .option(
      '--timeout <seconds>',
      'longest time for everything, which servers are told (default: no limit)',
      someSecondsOption,
    )
    .addOption(valueOption('--connect-timeout <seconds>', 'longest time to connect', someSecondsOption, '10'))
    .option(
      '--descriptor-set <file>',
      'take the schema from a file in place of reflection; repeat for more',
      listOption,
    )
    .option('--proto <file>', 'the same from .proto files, compiled by protoc or buf; repeat for more', listOption)
    .option('--import-path <folder>', 'where .proto files and what they import are; repeat for more', listOption)
    .option('-v, --verbose', 'print metadata, trailers and status on the error output');
  return withSendTlsOptions(withProxyOptions(command));
}

/** What `--compression` takes. */
export function compressionOption(): Option {
  return new Option('--compression <name>', 'how messages are compressed that go out')
    .choices(['identity', 'gzip', 'deflate'])
    .default('identity');
}

/** What `--protocol` takes. */
export function protocolOption(): Option {
  return new Option('--protocol <name>', 'what is spoken; grpc needs HTTP/2, the others are content with HTTP/1.1')
    .choices(['grpc', 'grpc-web', 'connect'])
    .default('grpc');
}
