import type { DescService, FileRegistry } from '@bufbuild/protobuf';
import type { HttpRequest, HttpResponse } from '@lamella/http';
import type { Service } from '@lamella/service-core';
import { UsageError } from '@lamella/service-core';
import { isGrpcStatusError } from '../calls/end-of-call.ts';
import type { GrpcCallOptions } from '../client/call-options.ts';
import type { GrpcClientOptions } from '../client/grpc-client.ts';
import { grpcClient } from '../client/grpc-client.ts';
import { GrpcStatus } from '../codec/grpc-status.ts';
import { GrpcStatusError } from '../errors.ts';
import { ReceivedFiles } from './received-files.ts';
import type { ReflectionVersion } from './reflection-schema.ts';
import { reflectionSchema } from './reflection-schema.ts';
import type { ReflectionQuestion } from './reflection-stream.ts';
import { ReflectionStream } from './reflection-stream.ts';
import { wellKnownFile } from './well-known-files.ts';

/** Options of {@link grpcReflectionClient}: those of a client, and limits. */
export interface GrpcReflectionClientOptions extends GrpcClientOptions {
  /** Most files for one answer, what they import included, an integer of at least 1. Default 1_000. */
  readonly maxFiles?: number;
  /** Most bytes of descriptors for one answer, at least 1. Default 16_777_216 (16 MiB). */
  readonly maxDescriptorBytes?: number;
}

/** Asks a server what it serves. Made by {@link grpcReflectionClient}. */
export interface GrpcReflectionClient {
  /** Full names of all services, as the server sorts them. */
  readonly listServices: (options?: GrpcCallOptions) => Promise<readonly string[]>;
  /** The descriptor of a service, ready for `grpcClient`. Rejects with NOT_FOUND if the server tells of none. */
  readonly service: (typeName: string, options?: GrpcCallOptions) => Promise<DescService>;
  /** The file in which a full name is declared, of a message, a service or anything else, with all that it imports. */
  readonly filesOfSymbol: (symbol: string, options?: GrpcCallOptions) => Promise<FileRegistry>;
  /** A file by its name, with all that it imports. */
  readonly filesOf: (fileName: string, options?: GrpcCallOptions) => Promise<FileRegistry>;
  /** The file with an extension of a message, with all that it imports. */
  readonly filesOfExtension: (extendee: string, number: number, options?: GrpcCallOptions) => Promise<FileRegistry>;
  /** Numbers of all extensions of a message. */
  readonly extensionNumbers: (typeName: string, options?: GrpcCallOptions) => Promise<readonly number[]>;
}

/**
 * Makes a client of server reflection: descriptors without files.
 *
 * @remarks
 * It speaks v1, and v1alpha where a server knows only that. Nothing is kept from one call to the next. What a server sends is bounded, and
 * checked before it becomes descriptors; files of `google/protobuf` that it leaves out are those of this package.
 *
 * @param service - As for `grpcClient`.
 * @throws UsageError if an option is out of its range.
 *
 * @example
 * async function callByName(http: Service<HttpRequest, HttpResponse>): Promise<void> {
 *   const reflection = grpcReflectionClient(http, { url: 'https://chat.example', defaultTimeoutMs: 5_000 });
 *   for (const name of await reflection.listServices()) console.log(name);
 *   const descriptor = await reflection.service('chat.v1.Chat');
 *   for (const { name, input } of descriptor.methods) console.log(name, input.typeName);
 * }
 */
export function grpcReflectionClient(
  service: Service<HttpRequest, HttpResponse>,
  options: GrpcReflectionClientOptions = {},
): GrpcReflectionClient {
  const { maxFiles = 1_000, maxDescriptorBytes = 16_777_216, ...clientOptions } = options;
  if (!(maxFiles >= 1)) throw new UsageError(`maxFiles must be >= 1, got ${maxFiles}`);
  if (!(maxDescriptorBytes >= 1)) throw new UsageError(`maxDescriptorBytes must be >= 1, got ${maxDescriptorBytes}`);
  const clients = {
    v1: grpcClient(service, reflectionSchema('v1'), clientOptions),
    v1alpha: grpcClient(service, reflectionSchema('v1alpha'), clientOptions),
  };
  let version: ReflectionVersion = 'v1';

  const attempt = async <Value>(run: Run<Value>, callOptions: GrpcCallOptions | undefined): Promise<Value> => {
    const client = clients[version];
    const stream = new ReflectionStream((questions) => client.serverReflectionInfo(questions, callOptions));
    try {
      return await run(stream);
    } finally {
      await stream.close();
    }
  };
  const onStream = async <Value>(run: Run<Value>, callOptions: GrpcCallOptions | undefined): Promise<Value> => {
    try {
      return await attempt(run, callOptions);
    } catch (error) {
      const isOther = version === 'v1' && isGrpcStatusError(error) && error.status === GrpcStatus.UNIMPLEMENTED;
      if (!isOther) throw error;
      version = 'v1alpha';
    }
    try {
      return await attempt(run, callOptions);
    } catch (error) {
      // A server with neither may get v1 some day.
      if (isGrpcStatusError(error) && error.status === GrpcStatus.UNIMPLEMENTED) version = 'v1';
      throw error;
    }
  };
  const filesBy = (question: ReflectionQuestion, callOptions: GrpcCallOptions | undefined): Promise<FileRegistry> =>
    onStream((stream) => receive(stream, question, { maxFiles, maxBytes: maxDescriptorBytes }), callOptions);
  const filesOfSymbol: GrpcReflectionClient['filesOfSymbol'] = (value, callOptions) =>
    filesBy({ case: 'fileContainingSymbol', value }, callOptions);

  return {
    filesOfSymbol,
    filesOf: (value, callOptions) => filesBy({ case: 'fileByFilename', value }, callOptions),
    filesOfExtension(containingType, extensionNumber, callOptions) {
      const value = { containingType, extensionNumber };
      return filesBy({ case: 'fileContainingExtension', value }, callOptions);
    },
    async service(typeName, callOptions) {
      const found = (await filesOfSymbol(typeName, callOptions)).getService(typeName);
      if (found === undefined) throw new GrpcStatusError(GrpcStatus.NOT_FOUND, `${typeName} is no service`);
      return found;
    },
    listServices: (callOptions) =>
      onStream(async (stream) => {
        const { service: services } = await stream.ask({ case: 'listServices', value: '' }, 'listServicesResponse');
        return services.map(({ name }) => name);
      }, callOptions),
    extensionNumbers: (value, callOptions) =>
      onStream(async (stream) => {
        const question = { case: 'allExtensionNumbersOfType', value } as const;
        return (await stream.ask(question, 'allExtensionNumbersResponse')).extensionNumber;
      }, callOptions),
  };
}

type Run<Value> = (stream: ReflectionStream) => Promise<Value>;

async function receive(
  stream: ReflectionStream,
  question: ReflectionQuestion,
  limits: { readonly maxFiles: number; readonly maxBytes: number },
): Promise<FileRegistry> {
  const files = new ReceivedFiles(limits);
  files.add((await stream.ask(question, 'fileDescriptorResponse')).fileDescriptorProto);
  for (let name = files.missing(); name !== undefined; name = files.missing()) {
    try {
      files.add(
        (await stream.ask({ case: 'fileByFilename', value: name }, 'fileDescriptorResponse')).fileDescriptorProto,
      );
    } catch (error) {
      const known = isGrpcStatusError(error) && error.status === GrpcStatus.NOT_FOUND ? wellKnownFile(name) : undefined;
      if (known === undefined) throw error;
      files.addFile(known.proto);
    }
    // A server that answers with other files would be asked for ever.
    if (files.missing() === name) throw new GrpcStatusError(GrpcStatus.INTERNAL, `reflection did not give ${name}`);
  }
  return files.registry();
}
