import type { DescFile, MessageInitShape } from '@bufbuild/protobuf';
import { create, createFileRegistry } from '@bufbuild/protobuf';
import type { FieldDescriptorProtoSchema } from '@bufbuild/protobuf/wkt';
import {
  FieldDescriptorProto_Label,
  FieldDescriptorProto_Type,
  FileDescriptorProtoSchema,
  type MethodDescriptorProtoSchema,
} from '@bufbuild/protobuf/wkt';

type FieldInit = MessageInitShape<typeof FieldDescriptorProtoSchema>;
type MethodInit = MessageInitShape<typeof MethodDescriptorProtoSchema>;

/** Type of a field: a scalar, or the full name of a message or of an enum, with a dot in front. */
export type FieldType = 'string' | 'int32' | 'bytes' | { readonly message: string } | { readonly enum: string };

/**
 * Makes the descriptor of a file in proto3 that imports nothing.
 *
 * @throws Error of the registry if the parts do not fit together.
 */
export function describedFile(init: MessageInitShape<typeof FileDescriptorProtoSchema>): DescFile {
  const proto = create(FileDescriptorProtoSchema, { syntax: 'proto3', ...init });
  const file = createFileRegistry(proto, () => undefined).getFile(proto.name);
  if (file === undefined) throw new Error(`${proto.name} is not in its own registry`);
  return file;
}

/** Describes a field. */
export function describedField(
  name: string,
  number: number,
  type: FieldType,
  options: { readonly isRepeated?: boolean; readonly oneofIndex?: number } = {},
): FieldInit {
  const label = options.isRepeated === true ? FieldDescriptorProto_Label.REPEATED : FieldDescriptorProto_Label.OPTIONAL;
  const oneof = options.oneofIndex === undefined ? {} : { oneofIndex: options.oneofIndex };
  return { name, number, label, jsonName: jsonNameOf(name), ...typeOf(type), ...oneof };
}

/** Describes a method whose messages are of the package `scope`. */
export function describedMethod(
  name: string,
  scope: string,
  input: string,
  output: string,
  streams: { readonly client?: boolean; readonly server?: boolean } = {},
): MethodInit {
  return {
    name,
    inputType: `.${scope}.${input}`,
    outputType: `.${scope}.${output}`,
    clientStreaming: streams.client === true,
    serverStreaming: streams.server === true,
  };
}

/** The name of a field in JSON, where its file does not say it. */
export function jsonNameOf(name: string): string {
  return name.replace(/_+([^_]?)/g, (_, letter: string) => letter.toUpperCase());
}

function typeOf(type: FieldType): FieldInit {
  if (typeof type === 'string') return { type: SCALARS[type] };
  if ('message' in type) return { type: FieldDescriptorProto_Type.MESSAGE, typeName: type.message };
  return { type: FieldDescriptorProto_Type.ENUM, typeName: type.enum };
}

const SCALARS = {
  string: FieldDescriptorProto_Type.STRING,
  int32: FieldDescriptorProto_Type.INT32,
  bytes: FieldDescriptorProto_Type.BYTES,
} as const;
