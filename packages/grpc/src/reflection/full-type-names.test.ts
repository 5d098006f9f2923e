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
    makeTypeNamesFull(files, 1_000);
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
    makeTypeNamesFull(files, 1_000);
    expect(app?.service[0]?.method[0]).toMatchObject({ inputType: '.a.b.Outer', outputType: '.a.b.Outer.Inner' });
    expect(app?.extension[0]).toMatchObject({ extendee: '.a.Lib', typeName: 'Inner' });
  });

  it('are bounded all together: of packages, messages, enums, services, extensions, and those that are tried', () => {
    const file = (init: MessageInitShape<typeof FileDescriptorProtoSchema>) => [
      create(FileDescriptorProtoSchema, { package: 'abc', ...init }),
    ];
    for (const [files, length] of [
      [file({ messageType: [{ name: 'M' }] }), '.abc.M'.length],
      [file({ messageType: [{ name: 'M', nestedType: [{ name: 'N' }] }] }), '.abc.M.abc.M.N'.length],
      [file({ enumType: [{ name: 'E' }] }), '.abc.E'.length],
      [file({ service: [{ name: 'S' }] }), '.abc.S'.length],
      [file({ extension: [{ name: 'x' }] }), '.abc.x'.length],
      [file({ messageType: [{ name: 'M', field: [{ typeName: 'T' }] }] }), '.abc.M.abc.M.T.abc.T.T'.length],
    ] as const) {
      expect(() => makeTypeNamesFull(files, length)).not.toThrow();
      expect(() => makeTypeNamesFull(files, length - 1)).toThrow(
        expect.objectContaining({ statusName: 'RESOURCE_EXHAUSTED' }),
      );
    }
  });
});

it('a name may have 2,000 characters', () => {
  const make = (length: number) => () =>
    makeTypeNamesFull([create(FileDescriptorProtoSchema, { messageType: [{ name: 'x'.repeat(length) }] })], 10_000);
  expect(make(1_999)).not.toThrow(); // and a dot
  expect(make(2_000)).toThrow('2000 characters');
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
