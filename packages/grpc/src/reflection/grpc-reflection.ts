import type { DescFile, MessageInitShape } from '@bufbuild/protobuf';
import { GrpcStatus } from '../codec/grpc-status.ts';
import type { GrpcImplementation } from '../server/implement-service.ts';
import { implementService } from '../server/implement-service.ts';
import { FileIndex } from './file-index.ts';
import type { ReflectionRequest, ReflectionVersion } from './reflection-schema.ts';
import { reflectionSchema } from './reflection-schema.ts';

/** Options of {@link grpcReflection}. */
export interface GrpcReflectionOptions {
  /** Files beside those of the services, such as those with extensions, or with messages that an `Any` holds. Default: none. */
  readonly files?: readonly DescFile[];
}

/**
 * Makes services that tell clients which services there are, and of which methods and messages: `grpc.reflection.v1.ServerReflection`, and the
 * same as v1alpha for older clients.
 *
 * @remarks
 * Source: server-reflection.md and reflection.proto of grpc/grpc. Everybody who can call it learns the schema of every service given here: leave
 * out what is nobody's business. Services of `defineService` have no descriptors, so that only their names are told.
 *
 * An answer holds the file that was asked for, and what it imports as far as that was not sent on the same stream and all fits into 1 MiB; the
 * rest is there for the asking.
 *
 * @param implementations - All services to tell of; the two of reflection are added.
 *
 * @example
 * const health = grpcHealth();
 * const implementations = [health.implementation];
 * const service = grpcService([...implementations, ...grpcReflection(implementations)]);
 */
export function grpcReflection(
  implementations: readonly GrpcImplementation[],
  options: GrpcReflectionOptions = {},
): readonly GrpcImplementation[] {
  const schemas = [
    ...implementations.map(({ schema }) => schema),
    ...VERSIONS.map((version) => ({
      typeName: reflectionSchema(version).typeName,
      descriptor: reflectionSchema(version),
    })),
  ];
  const files = schemas.flatMap(({ descriptor }) => (descriptor === undefined ? [] : [descriptor.file]));
  const index = new FileIndex([...files, ...(options.files ?? [])]);
  const services = [...new Set(schemas.map(({ typeName }) => typeName))].sort();
  return VERSIONS.map((version) =>
    implementService(reflectionSchema(version), {
      async *serverReflectionInfo(requests) {
        const sent = new Set<DescFile>();
        for await (const request of requests) {
          yield {
            validHost: request.host,
            originalRequest: request,
            messageResponse: answerTo(request, { index, services, sent }),
          };
        }
      },
    }),
  );
}

interface Knowledge {
  readonly index: FileIndex;
  readonly services: readonly string[];
  /** What the client has been told on this stream. */
  readonly sent: Set<DescFile>;
}

type ResponseInit = MessageInitShape<ReturnType<typeof reflectionSchema>['method']['serverReflectionInfo']['output']>;
type Answer = NonNullable<ResponseInit['messageResponse']>;

function answerTo({ messageRequest }: ReflectionRequest, knowledge: Knowledge): Answer {
  const { index, services } = knowledge;
  switch (messageRequest.case) {
    case 'fileByFilename':
      return filesAnswer(index.file(messageRequest.value), 'file', knowledge);
    case 'fileContainingSymbol':
      return filesAnswer(index.fileOfSymbol(messageRequest.value), 'symbol', knowledge);
    case 'fileContainingExtension': {
      const { containingType, extensionNumber } = messageRequest.value;
      return filesAnswer(index.fileOfExtension(containingType, extensionNumber), 'extension', knowledge);
    }
    case 'allExtensionNumbersOfType': {
      const baseTypeName = messageRequest.value;
      const extensionNumber = index.extensionNumbers(baseTypeName);
      if (extensionNumber === undefined) return failure(GrpcStatus.NOT_FOUND, 'there is no such message');
      return { case: 'allExtensionNumbersResponse', value: { baseTypeName, extensionNumber } };
    }
    case 'listServices':
      return { case: 'listServicesResponse', value: { service: services.map((name) => ({ name })) } };
  }
  return failure(GrpcStatus.INVALID_ARGUMENT, 'the request asks for nothing that is known here');
}

function filesAnswer(file: DescFile | undefined, what: string, { index, sent }: Knowledge): Answer {
  if (file === undefined) return failure(GrpcStatus.NOT_FOUND, `there is no such ${what}`);
  const [wanted, known, told] = [[file], new Set([file]), [] as Uint8Array[]];
  let length = 0;
  for (const each of wanted) {
    const bytes = index.bytesOf(each);
    length += bytes.length;
    if (told.length > 0 && length > MAX_ANSWER_BYTES) break; // what was asked for comes in any case
    told.push(bytes);
    sent.add(each);
    for (const imported of each.dependencies) {
      if (sent.has(imported) || known.has(imported)) continue;
      known.add(imported);
      wanted.push(imported); // an array gives what is added on the way
    }
  }
  return { case: 'fileDescriptorResponse', value: { fileDescriptorProto: told } };
}

function failure(errorCode: number, errorMessage: string): Answer {
  return { case: 'errorResponse', value: { errorCode, errorMessage } };
}

const VERSIONS: readonly ReflectionVersion[] = ['v1', 'v1alpha'];
const MAX_ANSWER_BYTES = 1_048_576;
