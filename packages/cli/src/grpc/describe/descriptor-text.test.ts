import type { DescFile } from '@bufbuild/protobuf';
import { create, createFileRegistry } from '@bufbuild/protobuf';
import {
  FileDescriptorProtoSchema,
  file_google_protobuf_descriptor,
  FieldDescriptorProto_Label as Label,
  FieldDescriptorProto_Type as Type,
} from '@bufbuild/protobuf/wkt';
import { describe, expect, it } from 'vitest';
import { Echo, EchoReplySchema } from '../../serve/grpc-echo/echo-pb.ts';
import { descriptorText } from './descriptor-text.ts';

describe('descriptorText', () => {
  it('writes services and messages as .proto files have them', () => {
    expect(descriptorText(Echo)).toBe(
      [
        'service Echo {',
        '  rpc Say(lamella.echo.v1.EchoRequest) returns (lamella.echo.v1.EchoReply);',
        '  rpc Repeat(lamella.echo.v1.EchoRequest) returns (stream lamella.echo.v1.EchoReply);',
        '  rpc Join(stream lamella.echo.v1.EchoRequest) returns (lamella.echo.v1.EchoReply);',
        '  rpc Chat(stream lamella.echo.v1.EchoRequest) returns (stream lamella.echo.v1.EchoReply);',
        '}',
      ].join('\n'),
    );
    expect(descriptorText(EchoReplySchema)).toBe(
      [
        'message EchoReply {',
        '  string message = 1;',
        '  bytes data = 2;',
        '  int32 number = 3;',
        '  repeated lamella.echo.v1.Metadata metadata = 4;',
        '  string peer = 5;',
        '  optional int64 timeout_ms = 6;',
        '}',
      ].join('\n'),
    );
  });

  it('writes what a server says so that a terminal takes it for text', () => {
    const messageType = [{ name: 'A', reservedName: ['b\x9b31m'] }];
    const file = create(FileDescriptorProtoSchema, { name: 'a.proto', syntax: 'proto3', messageType });
    const [message] = createFileRegistry(file, () => undefined);
    const text = message?.kind === 'message' ? descriptorText(message) : '';
    expect(text).toBe('message A {\n  reserved "b\\x9b31m";\n}');
  });

  it('writes oneofs, maps, enums, what is nested, reserved and deprecated', () => {
    const all = zoo().messages[0];
    if (all === undefined) throw new Error('the file has a message');
    expect(descriptorText(all)).toBe(
      [
        'message All {',
        '  option deprecated = true;',
        '  map<string, zoo.All.Color> by_name = 1;',
        '  oneof choice {',
        '    string text = 2 [deprecated = true];',
        '    zoo.All.Empty empty = 3;',
        '  }',
        '  reserved 7 to 9;',
        '  reserved 11;',
        '  reserved "old";',
        '  enum Color {',
        '    RED = 0;',
        '  }',
        '  message Empty {}',
        '}',
      ].join('\n'),
    );
  });

  it('tells what is optional and required in proto2', () => {
    const message = file_google_protobuf_descriptor.messages.find(({ name }) => name === 'UninterpretedOption');
    if (message === undefined) throw new Error('the file has that message');
    const text = descriptorText(message);
    expect(text).toContain('  repeated google.protobuf.UninterpretedOption.NamePart name = 2;');
    expect(text).toContain('  optional string identifier_value = 3;');
    expect(text).toContain('    required bool is_extension = 2;');
  });
});

function zoo(): DescFile {
  const field = (name: string, number: number, type: Type, more = {}) => {
    return { name, jsonName: name, number, type, label: Label.OPTIONAL, ...more };
  };
  const entry = [
    field('key', 1, Type.STRING, { jsonName: 'key' }),
    field('value', 2, Type.ENUM, { typeName: '.zoo.All.Color' }),
  ];
  const proto = create(FileDescriptorProtoSchema, {
    name: 'zoo.proto',
    package: 'zoo',
    syntax: 'proto3',
    messageType: [
      {
        name: 'All',
        options: { deprecated: true },
        field: [
          field('by_name', 1, Type.MESSAGE, { label: Label.REPEATED, typeName: '.zoo.All.ByNameEntry' }),
          field('text', 2, Type.STRING, { oneofIndex: 0, options: { deprecated: true } }),
          field('empty', 3, Type.MESSAGE, { oneofIndex: 0, typeName: '.zoo.All.Empty' }),
        ],
        oneofDecl: [{ name: 'choice' }],
        nestedType: [{ name: 'Empty' }, { name: 'ByNameEntry', field: entry, options: { mapEntry: true } }],
        enumType: [{ name: 'Color', value: [{ name: 'RED', number: 0 }] }],
        reservedRange: [
          { start: 7, end: 10 },
          { start: 11, end: 12 },
        ],
        reservedName: ['old'],
      },
    ],
  });
  const file = createFileRegistry(proto, () => undefined).getFile(proto.name);
  if (file === undefined) throw new Error('the registry has its file');
  return file;
}
