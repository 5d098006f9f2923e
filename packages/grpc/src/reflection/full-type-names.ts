import type { DescriptorProto, FieldDescriptorProto, FileDescriptorProto } from '@bufbuild/protobuf/wkt';

/**
 * Makes names of types full where they are written as in a `.proto` file: by the innermost scope that has one of that name.
 *
 * @remarks
 * descriptor.proto allows both forms. Compilers write full names, which start with a dot; servers of grpc-js tell of what they have loaded
 * by names without.
 *
 * @param files - Changed in place; together with all that they import.
 * @throws Error for a scope whose name is absurdly long: every name in it would have to be compared with it.
 */
export function makeTypeNamesFull(files: readonly FileDescriptorProto[]): void {
  const known = new Set<string>();
  for (const file of files) addNames(known, file, scopeOf(file));
  for (const file of files) {
    const scope = scopeOf(file);
    for (const message of file.messageType) inMessage(known, message, scope);
    for (const field of file.extension) inField(known, field, scope);
    for (const service of file.service) {
      for (const method of service.method) {
        method.inputType = full(known, method.inputType, scope);
        method.outputType = full(known, method.outputType, scope);
      }
    }
  }
}

interface Scope {
  readonly enumType: readonly { readonly name: string }[];
  readonly messageType?: readonly DescriptorProto[];
  readonly nestedType?: readonly DescriptorProto[];
}

function addNames(known: Set<string>, { enumType, messageType = [], nestedType = [] }: Scope, scope: string): void {
  for (const { name } of enumType) known.add(`${scope}.${name}`);
  for (const message of [...messageType, ...nestedType]) {
    const name = below(scope, message.name);
    known.add(name);
    addNames(known, message, name);
  }
}

function inMessage(known: ReadonlySet<string>, message: DescriptorProto, outer: string): void {
  const scope = below(outer, message.name);
  for (const field of message.field) inField(known, field, scope);
  for (const field of message.extension) inField(known, field, scope);
  for (const nested of message.nestedType) inMessage(known, nested, scope);
}

function inField(known: ReadonlySet<string>, field: FieldDescriptorProto, scope: string): void {
  // What is not set stays so.
  if (field.typeName !== '') field.typeName = full(known, field.typeName, scope);
  if (field.extendee !== '') field.extendee = full(known, field.extendee, scope);
}

/** What is found nowhere stays as it is: whoever makes descriptors of it will say so. */
function full(known: ReadonlySet<string>, name: string, scope: string): string {
  if (name.startsWith('.')) return name;
  for (let outer = scope; ; outer = outer.slice(0, outer.lastIndexOf('.'))) {
    const candidate = `${outer}.${name}`;
    if (known.has(candidate)) return candidate;
    if (outer === '') return name;
  }
}

function scopeOf({ package: name }: FileDescriptorProto): string {
  return name === '' ? '' : below('', name);
}

function below(scope: string, name: string): string {
  if (scope.length + name.length > MAX_SCOPE_LENGTH) throw new Error('the name of a scope is too long');
  return `${scope}.${name}`;
}

const MAX_SCOPE_LENGTH = 2_000;
