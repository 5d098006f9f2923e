import type { DescriptorProto, FieldDescriptorProto, FileDescriptorProto } from '@bufbuild/protobuf/wkt';
import { GrpcStatus } from '../codec/grpc-status.ts';
import { GrpcStatusError } from '../errors.ts';

/**
 * Makes names of types full where they are written as in a `.proto` file: by the innermost scope that has one of that name.
 *
 * @remarks
 * descriptor.proto allows both forms. Compilers write full names, which start with a dot; servers of grpc-js tell of what they have loaded
 * by names without.
 *
 * @param files - Changed in place; together with all that they import.
 * @param maxCharacters - Of all full names together, and of those that are tried: what stands in a package with a long name, or in a deep one, has
 * a name as long, however few bytes tell of it.
 * @throws GrpcStatusError RESOURCE_EXHAUSTED beyond that, and for a single name of more than 2,000.
 */
export function makeTypeNamesFull(files: readonly FileDescriptorProto[], maxCharacters: number): void {
  const names = new TypeNames(maxCharacters);
  for (const file of files) names.add(file, scopeOf(file));
  for (const file of files) {
    const scope = scopeOf(file);
    for (const message of file.messageType) inMessage(names, message, scope);
    for (const field of file.extension) inField(names, field, scope);
    for (const service of file.service) {
      for (const method of service.method) {
        method.inputType = names.full(method.inputType, scope);
        method.outputType = names.full(method.outputType, scope);
      }
    }
  }
}

interface Named {
  readonly name: string;
}

/** What declares types, and what has a name below it. */
interface Scope {
  readonly enumType: readonly Named[];
  readonly extension: readonly Named[];
  readonly messageType?: readonly DescriptorProto[];
  readonly nestedType?: readonly DescriptorProto[];
  readonly service?: readonly Named[];
}

/** The full names of all types. */
class TypeNames {
  readonly #known = new Set<string>();
  readonly #maxCharacters: number;
  #characters = 0;

  constructor(maxCharacters: number) {
    this.#maxCharacters = maxCharacters;
  }

  add({ enumType, extension, messageType = [], nestedType = [], service = [] }: Scope, scope: string): void {
    for (const { name } of enumType) this.#known.add(this.#below(scope, name));
    // Whoever makes descriptors names these in full, too.
    for (const { name } of [...extension, ...service]) this.#below(scope, name);
    for (const message of [...messageType, ...nestedType]) {
      const name = this.#below(scope, message.name);
      this.#known.add(name);
      this.add(message, name);
    }
  }

  /** What is found nowhere stays as it is: whoever makes descriptors of it will say so. */
  full(name: string, scope: string): string {
    if (name.startsWith('.')) return name;
    for (let outer = scope; ; outer = outer.slice(0, outer.lastIndexOf('.'))) {
      const candidate = this.#below(outer, name);
      if (this.#known.has(candidate)) return candidate;
      if (outer === '') return name;
    }
  }

  #below(scope: string, name: string): string {
    const length = scope.length + name.length + 1;
    this.#characters += length;
    if (length > MAX_NAME_LENGTH) throw tooMuch(`a name of more than ${MAX_NAME_LENGTH} characters`);
    if (this.#characters > this.#maxCharacters) throw tooMuch(`more than ${this.#maxCharacters} characters of names`);
    return `${scope}.${name}`;
  }
}

function inMessage(names: TypeNames, message: DescriptorProto, outer: string): void {
  const scope = `${outer}.${message.name}`;
  for (const field of message.field) inField(names, field, scope);
  for (const field of message.extension) inField(names, field, scope);
  for (const nested of message.nestedType) inMessage(names, nested, scope);
}

function inField(names: TypeNames, field: FieldDescriptorProto, scope: string): void {
  // What is not set stays so.
  if (field.typeName !== '') field.typeName = names.full(field.typeName, scope);
  if (field.extendee !== '') field.extendee = names.full(field.extendee, scope);
}

function scopeOf({ package: name }: FileDescriptorProto): string {
  return name === '' ? '' : `.${name}`;
}

function tooMuch(what: string): GrpcStatusError {
  return new GrpcStatusError(GrpcStatus.RESOURCE_EXHAUSTED, `reflection gave ${what}`);
}

/** Of very long strings only their length is hashed: a set of many would compare each with all others. */
const MAX_NAME_LENGTH = 2_000;
