import type { DescEnum, DescExtension, DescFile, DescMessage } from '@bufbuild/protobuf';
import { toBinary } from '@bufbuild/protobuf';
import { FileDescriptorProtoSchema } from '@bufbuild/protobuf/wkt';

/** Files with all that they import, by what is in them. */
export class FileIndex {
  readonly #files = new Map<string, DescFile>();
  readonly #symbols = new Map<string, DescFile>();
  /** By the name of the message that is extended, and the number. */
  readonly #extensions = new Map<string, Map<number, DescFile>>();
  readonly #bytes = new Map<DescFile, Uint8Array>();

  constructor(files: Iterable<DescFile>) {
    const all = new Set(files);
    // A set gives what is added on the way.
    for (const file of all) for (const imported of file.dependencies) all.add(imported);
    for (const file of all) this.#add(file);
  }

  /** A file by its name, such as `google/protobuf/any.proto`. */
  file(name: string): DescFile | undefined {
    return this.#files.get(name);
  }

  /** The file that says what a full name stands for: of a message, field, enum, value, extension, service or method. */
  fileOfSymbol(symbol: string): DescFile | undefined {
    return this.#symbols.get(symbol);
  }

  /** The file with an extension of a message. */
  fileOfExtension(extendee: string, number: number): DescFile | undefined {
    return this.#extensions.get(extendee)?.get(number);
  }

  /** Numbers of all extensions of a message; `undefined` if there is no such message. */
  extensionNumbers(extendee: string): number[] | undefined {
    if (!this.#symbols.has(extendee)) return undefined;
    return [...(this.#extensions.get(extendee)?.keys() ?? [])].sort((a, b) => a - b);
  }

  /** A file as it goes over the wire. */
  bytesOf(file: DescFile): Uint8Array {
    const known = this.#bytes.get(file);
    if (known !== undefined) return known;
    const made = toBinary(FileDescriptorProtoSchema, file.proto);
    this.#bytes.set(file, made);
    return made;
  }

  #add(file: DescFile): void {
    this.#files.set(file.proto.name, file);
    for (const service of file.services) {
      this.#symbols.set(service.typeName, file);
      for (const { name } of service.methods) this.#symbols.set(`${service.typeName}.${name}`, file);
    }
    for (const message of file.messages) this.#addMessage(message);
    for (const described of file.enums) this.#addEnum(described);
    for (const extension of file.extensions) this.#addExtension(extension);
  }

  #addMessage(message: DescMessage): void {
    const { file, typeName } = message;
    this.#symbols.set(typeName, file);
    for (const { name } of [...message.fields, ...message.oneofs]) this.#symbols.set(`${typeName}.${name}`, file);
    for (const nested of message.nestedMessages) this.#addMessage(nested);
    for (const nested of message.nestedEnums) this.#addEnum(nested);
    for (const nested of message.nestedExtensions) this.#addExtension(nested);
  }

  /** The values of an enum are its siblings, not its children. */
  #addEnum({ file, typeName, values }: DescEnum): void {
    this.#symbols.set(typeName, file);
    const scope = typeName.slice(0, typeName.lastIndexOf('.') + 1);
    for (const { name } of values) this.#symbols.set(`${scope}${name}`, file);
  }

  #addExtension({ file, typeName, extendee, number }: DescExtension): void {
    this.#symbols.set(typeName, file);
    let numbers = this.#extensions.get(extendee.typeName);
    if (numbers === undefined) {
      numbers = new Map();
      this.#extensions.set(extendee.typeName, numbers);
    }
    numbers.set(number, file);
  }
}
