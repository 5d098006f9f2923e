import type { MessageInitShape } from '@bufbuild/protobuf';
import { create } from '@bufbuild/protobuf';
import { FileDescriptorProtoSchema } from '@bufbuild/protobuf/wkt';
import { describe, expect, it } from 'vitest';
import { makeTypeNamesFull } from './full-type-names.ts';

describe('names of types', () => {
  it.each([
    ['Inner', '.a.b.Outer.Inner'],
    ['Outer.Inner', '.a.b.Outer.Inner'],
    ['Outer', '.a.b.Outer'],
    ['b.Outer', '.a.b.Outer'],
    ['a.b.Outer', '.a.b.Outer'],
    ['Colour', '.a.b.Colour'],
    ['Kind', '.a.b.Outer.Kind'],
    ['Lib', '.a.Lib'], // of the package around this one, in another file
    ['Bare', '.Bare'], // of a file without a package
    ['.a.Lib', '.a.Lib'],
    ['None', 'None'],
    ['', ''],
  ])('are those of the innermost scope: %j in a message is %j', (typeName, expected) => {
    const files = filesWith({
      field: [{ name: 'field', typeName }],
      extension: [{ name: 'more', extendee: typeName }],
    });
    makeTypeNamesFull(files);
    const [outer] = files[0]?.messageType ?? [];
    expect(outer?.field[0]?.typeName).toBe(expected);
    expect(outer?.extension[0]?.extendee).toBe(expected);
  });

  it('are those of the package for methods and extensions of a file', () => {
    const files = filesWith({});
    const [app] = files;
    app?.service.push(
      ...create(FileDescriptorProtoSchema, {
        service: [{ name: 'S', method: [{ name: 'M', inputType: 'Outer', outputType: 'Outer.Inner' }] }],
        extension: [],
      }).service,
    );
    app?.extension.push(
      ...create(FileDescriptorProtoSchema, { extension: [{ extendee: 'Lib', typeName: 'Inner' }] }).extension,
    );
    makeTypeNamesFull(files);
    expect(app?.service[0]?.method[0]).toMatchObject({ inputType: '.a.b.Outer', outputType: '.a.b.Outer.Inner' });
    expect(app?.extension[0]).toMatchObject({ extendee: '.a.Lib', typeName: 'Inner' });
  });

  it('are looked for in scopes of up to 2,000 characters', () => {
    const nested = (length: number) => [
      create(FileDescriptorProtoSchema, { messageType: [{ name: 'x'.repeat(length), field: [{ typeName: 'T' }] }] }),
    ];
    expect(() => makeTypeNamesFull(nested(2_000))).not.toThrow();
    expect(() => makeTypeNamesFull(nested(2_001))).toThrow('too long');
  });
});

type Message = NonNullable<MessageInitShape<typeof FileDescriptorProtoSchema>['messageType']>[number];

function filesWith(message: Message) {
  const nestedType = [{ name: 'Inner' }];
  const enumType = [{ name: 'Kind' }];
  return [
    create(FileDescriptorProtoSchema, {
      package: 'a.b',
      messageType: [{ name: 'Outer', nestedType, enumType, ...message }],
      enumType: [{ name: 'Colour' }],
    }),
    create(FileDescriptorProtoSchema, { package: 'a', messageType: [{ name: 'Lib' }] }),
    create(FileDescriptorProtoSchema, { messageType: [{ name: 'Bare' }] }),
  ];
}
