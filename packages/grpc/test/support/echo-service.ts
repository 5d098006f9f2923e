import { create, createFileRegistry, toBinary } from '@bufbuild/protobuf';
import type { GenService } from '@bufbuild/protobuf/codegenv2';
import {
  FileDescriptorProtoSchema,
  FileDescriptorSetSchema,
  file_google_protobuf_wrappers,
  type StringValueSchema,
} from '@bufbuild/protobuf/wkt';

type StringMethod<Kind> = {
  methodKind: Kind;
  input: typeof StringValueSchema;
  output: typeof StringValueSchema;
};

/** A service of four methods as a file descriptor says it; all messages are `google.protobuf.StringValue`. */
export const EchoService = describedService() as unknown as GenService<{
  echo: StringMethod<'unary'>;
  split: StringMethod<'server_streaming'>;
  join: StringMethod<'client_streaming'>;
  chat: StringMethod<'bidi_streaming'>;
}>;

function describedService(): unknown {
  const message = '.google.protobuf.StringValue';
  const method = (name: string, clientStreaming: boolean, serverStreaming: boolean) => ({
    name,
    inputType: message,
    outputType: message,
    clientStreaming,
    serverStreaming,
  });
  const file = create(FileDescriptorProtoSchema, {
    name: 'test/v1/echo.proto',
    package: 'test.v1',
    syntax: 'proto3',
    dependency: ['google/protobuf/wrappers.proto'],
    service: [
      {
        name: 'Echo',
        method: [
          method('Echo', false, false),
          method('Split', false, true),
          method('Join', true, false),
          method('Chat', true, true),
        ],
      },
    ],
  });
  const set = create(FileDescriptorSetSchema, { file: [file_google_protobuf_wrappers.proto, file] });
  toBinary(FileDescriptorSetSchema, set); // as protoc would hand it over: it must be a whole set
  const service = createFileRegistry(set).getService('test.v1.Echo');
  if (service === undefined) throw new Error('the descriptor has no service');
  return service;
}
