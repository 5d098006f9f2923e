import { create } from '@bufbuild/protobuf';
import { FileDescriptorProtoSchema } from '@bufbuild/protobuf/wkt';
import { expect, it } from 'vitest';
import { ReceivedFiles } from './received-files.ts';

const file = (name: string, ...dependency: string[]) => create(FileDescriptorProtoSchema, { name, dependency });

it('tells what is missing, until all is there', () => {
  const files = new ReceivedFiles({ maxFiles: 10, maxBytes: 1_000 });
  expect(files.missing()).toBeUndefined();
  files.addFile(file('a', 'b', 'c', 'b', 'a'));
  expect(files.missing()).toBe('b');
  files.addFile(file('c', 'a', 'd'));
  files.addFile(file('b'));
  expect(files.missing()).toBe('d');
  files.addFile(file('d', 'c'));
  expect(files.missing()).toBeUndefined();
});

// A server may send millions of imports, and then many small files.
it('looks at the imports of a file once', () => {
  const files = new ReceivedFiles({ maxFiles: 10, maxBytes: 1_000 });
  const many = file('a', 'b', 'c');
  let looks = 0;
  const { dependency } = many;
  Object.defineProperty(many, 'dependency', {
    get() {
      looks++;
      return dependency;
    },
  });
  files.addFile(many);
  for (const name of ['b', 'd', 'e', 'f']) {
    files.addFile(file(name));
    expect(files.missing()).toBe('c');
  }
  expect(looks).toBe(1);
});
