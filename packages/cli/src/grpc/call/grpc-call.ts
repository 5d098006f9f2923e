import { toJson } from '@bufbuild/protobuf';
import type { GrpcEncoding, GrpcMetadata } from '@lamella/grpc';
import { connectClientLayer, GrpcStatusError, grpcWebClientLayer } from '@lamella/grpc';
import type { HttpRequest, HttpResponse } from '@lamella/http';
import type { Service } from '@lamella/service-core';
import { openOutput } from '../../send/output.ts';
import { visibleJson } from '../../send/web-socket/visible.ts';
import type { GrpcConnection } from '../grpc-connection.ts';
import { grpcConnection } from '../grpc-connection.ts';
import { toGrpcError } from '../grpc-failure.ts';
import type { GrpcOptions, GrpcProtocolChoice } from '../grpc-options.ts';
import { GrowingRegistry } from '../schemas/growing-registry.ts';
import type { FoundMethod } from '../schemas/schema-source.ts';
import { findMethod } from '../schemas/schema-source.ts';
import { schemasFor } from '../schemas/schemas-for.ts';
import { metadataLines, methodLine } from './call-transcript.ts';
import { detailLines } from './detail-lines.ts';
import { dynamicCall } from './dynamic-call.ts';
import { jsonOfData } from './json-of-data.ts';
import { requestMessages } from './request-messages.ts';

/** Options of `grpc call`. */
export interface GrpcCallCommandOptions extends GrpcOptions {
  readonly data?: readonly string[];
  readonly protocol: GrpcProtocolChoice;
  readonly compression: GrpcEncoding;
  readonly emitDefaults?: boolean;
}

/** Calls a method, and prints what comes back as JSON. @throws CliError whose exit code tells the status. */
export async function grpcCall(url: string, name: string, options: GrpcCallCommandOptions): Promise<void> {
  const connection = grpcConnection(url, options);
  try {
    const source = schemasFor(connection, options);
    const found = await findMethod(source, name);
    const registry = new GrowingRegistry(found.files, source);
    try {
      await converse(connection, found, registry, options);
    } catch (error) {
      if (error instanceof GrpcStatusError) await tellFailure(error, registry, options);
      throw error;
    }
  } catch (error) {
    throw toGrpcError(error);
  } finally {
    connection.close();
  }
}

async function converse(
  connection: GrpcConnection,
  { method }: FoundMethod,
  registry: GrowingRegistry,
  options: GrpcCallCommandOptions,
): Promise<void> {
  const { data = [], protocol, compression: encoding, verbose, emitDefaults = false } = options;
  const tell = (mark: '>' | '<') => (metadata: GrpcMetadata) => {
    if (verbose === true) printErrors(metadataLines(mark, metadata));
  };
  connection.note(methodLine(method));
  tell('>')(connection.call.metadata);
  const input = jsonOfData(data, () => process.stdin);
  const output = openOutput(undefined, false);
  const replies = dynamicCall({
    http: speaking(protocol, connection, method.parent),
    url: connection.url,
    method,
    messages: requestMessages(method.input, input.values, registry),
    options: { ...connection.call, encoding, onMetadata: tell('<'), onTrailers: tell('<') },
  });
  const isStream = method.methodKind === 'server_streaming' || method.methodKind === 'bidi_streaming';
  try {
    for await (const reply of replies) {
      const json = await registry.convert((known) =>
        toJson(method.output, reply, { registry: known, alwaysEmitImplicit: emitDefaults }),
      );
      // One line for each message of a stream: so is what another call takes.
      await output.write(Buffer.from(`${visibleJson(JSON.stringify(json, undefined, isStream ? 0 : 2))}\n`));
    }
    connection.note('OK');
  } finally {
    input.close();
  }
}

/** A client that speaks a protocol: those made for browsers need no HTTP/2. */
function speaking(
  protocol: GrpcProtocolChoice,
  { http2, anyVersion }: GrpcConnection,
  service: FoundMethod['method']['parent'],
): Service<HttpRequest, HttpResponse> {
  if (protocol === 'grpc') return http2;
  return protocol === 'connect' ? connectClientLayer(service)(anyVersion) : grpcWebClientLayer()(anyVersion);
}

async function tellFailure(
  error: GrpcStatusError,
  registry: GrowingRegistry,
  { verbose }: GrpcCallCommandOptions,
): Promise<void> {
  if (verbose === true) printErrors(metadataLines('<', error.metadata));
  printErrors(await detailLines(error.details, registry));
}

function printErrors(lines: readonly string[]): void {
  for (const line of lines) process.stderr.write(`${line}\n`);
}
