import type { Message } from '@bufbuild/protobuf';
import type { GenMessage, GenService } from '@bufbuild/protobuf/codegenv2';
import { describedField, describedFile, describedMethod } from '../descriptors/described-file.ts';

/** Which version of the protocol; they differ in the name alone. */
export type ReflectionVersion = 'v1' | 'v1alpha';

/** What a client asks for. The types say v1; those of v1alpha differ in their `$typeName`, which nobody reads. */
export type ReflectionRequest = Message<'grpc.reflection.v1.ServerReflectionRequest'> & {
  host: string;
  messageRequest:
    | { case: 'fileByFilename' | 'fileContainingSymbol' | 'allExtensionNumbersOfType' | 'listServices'; value: string }
    | { case: 'fileContainingExtension'; value: ExtensionRequest }
    | { case: undefined; value?: undefined };
};

/** What a server answers. */
export type ReflectionResponse = Message<'grpc.reflection.v1.ServerReflectionResponse'> & {
  validHost: string;
  originalRequest?: ReflectionRequest | undefined;
  messageResponse:
    | { case: 'fileDescriptorResponse'; value: FileDescriptorResponse }
    | { case: 'allExtensionNumbersResponse'; value: ExtensionNumberResponse }
    | { case: 'listServicesResponse'; value: ListServiceResponse }
    | { case: 'errorResponse'; value: ErrorResponse }
    | { case: undefined; value?: undefined };
};

type ExtensionRequest = Message<'grpc.reflection.v1.ExtensionRequest'> & {
  containingType: string;
  extensionNumber: number;
};
type FileDescriptorResponse = Message<'grpc.reflection.v1.FileDescriptorResponse'> & {
  fileDescriptorProto: Uint8Array[];
};
type ExtensionNumberResponse = Message<'grpc.reflection.v1.ExtensionNumberResponse'> & {
  baseTypeName: string;
  extensionNumber: number[];
};
type ServiceResponse = Message<'grpc.reflection.v1.ServiceResponse'> & { name: string };
type ListServiceResponse = Message<'grpc.reflection.v1.ListServiceResponse'> & { service: ServiceResponse[] };
type ErrorResponse = Message<'grpc.reflection.v1.ErrorResponse'> & { errorCode: number; errorMessage: string };

type ReflectionMethods = {
  serverReflectionInfo: {
    methodKind: 'bidi_streaming';
    input: GenMessage<ReflectionRequest>;
    output: GenMessage<ReflectionResponse>;
  };
};

/** The service `ServerReflection` of a version. Source: reflection.proto of grpc/grpc. */
export function reflectionSchema(version: ReflectionVersion): GenService<ReflectionMethods> {
  const known = schemas.get(version);
  if (known !== undefined) return known;
  const made = described(version);
  schemas.set(version, made);
  return made;
}

function described(version: ReflectionVersion): GenService<ReflectionMethods> {
  const scope = `grpc.reflection.${version}`;
  const message = (name: string) => ({ message: `.${scope}.${name}` });
  const inOneof = { oneofIndex: 0 };
  const file = describedFile({
    name: `grpc/reflection/${version}/reflection.proto`,
    package: scope,
    messageType: [
      {
        name: 'ServerReflectionRequest',
        oneofDecl: [{ name: 'message_request' }],
        field: [
          describedField('host', 1, 'string'),
          describedField('file_by_filename', 3, 'string', inOneof),
          describedField('file_containing_symbol', 4, 'string', inOneof),
          describedField('file_containing_extension', 5, message('ExtensionRequest'), inOneof),
          describedField('all_extension_numbers_of_type', 6, 'string', inOneof),
          describedField('list_services', 7, 'string', inOneof),
        ],
      },
      {
        name: 'ExtensionRequest',
        field: [describedField('containing_type', 1, 'string'), describedField('extension_number', 2, 'int32')],
      },
      {
        name: 'ServerReflectionResponse',
        oneofDecl: [{ name: 'message_response' }],
        field: [
          describedField('valid_host', 1, 'string'),
          describedField('original_request', 2, message('ServerReflectionRequest')),
          describedField('file_descriptor_response', 4, message('FileDescriptorResponse'), inOneof),
          describedField('all_extension_numbers_response', 5, message('ExtensionNumberResponse'), inOneof),
          describedField('list_services_response', 6, message('ListServiceResponse'), inOneof),
          describedField('error_response', 7, message('ErrorResponse'), inOneof),
        ],
      },
      {
        name: 'FileDescriptorResponse',
        field: [describedField('file_descriptor_proto', 1, 'bytes', { isRepeated: true })],
      },
      {
        name: 'ExtensionNumberResponse',
        field: [
          describedField('base_type_name', 1, 'string'),
          describedField('extension_number', 2, 'int32', { isRepeated: true }),
        ],
      },
      {
        name: 'ListServiceResponse',
        field: [describedField('service', 1, message('ServiceResponse'), { isRepeated: true })],
      },
      { name: 'ServiceResponse', field: [describedField('name', 1, 'string')] },
      {
        name: 'ErrorResponse',
        field: [describedField('error_code', 1, 'int32'), describedField('error_message', 2, 'string')],
      },
    ],
    service: [
      {
        name: 'ServerReflection',
        method: [
          describedMethod(
            'ServerReflectionInfo',
            scope,
            'ServerReflectionRequest',
            'ServerReflectionResponse',
            BOTH_STREAMS,
          ),
        ],
      },
    ],
  });
  // The types above say of these descriptors what the descriptors say themselves.
  return file.services[0] as unknown as GenService<ReflectionMethods>;
}

const BOTH_STREAMS = { client: true, server: true } as const;
const schemas = new Map<ReflectionVersion, GenService<ReflectionMethods>>();
