import type { FileRegistry } from '@bufbuild/protobuf';
import { create, createFileRegistry, fromBinary } from '@bufbuild/protobuf';
import type { DescriptorProto, FileDescriptorProto } from '@bufbuild/protobuf/wkt';
import { FileDescriptorProtoSchema, FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt';
import { GrpcStatus } from '../codec/grpc-status.ts';
import { jsonNameOf } from '../descriptors/described-file.ts';
import { GrpcStatusError } from '../errors.ts';
import { makeTypeNamesFull } from './full-type-names.ts';

/** How much a server may send. */
export interface ReceivedFilesLimits {
  readonly maxFiles: number;
  readonly maxBytes: number;
}

/** Descriptors that a server sent: nothing about them is certain. */
export class ReceivedFiles {
  readonly #files = new Map<string, FileDescriptorProto>();
  readonly #limits: ReceivedFilesLimits;
  /** Names that files import and that are not here: a server may send very many of them. */
  readonly #missing = new Set<string>();
  #bytes = 0;

  constructor(limits: ReceivedFilesLimits) {
    this.#limits = limits;
  }

  /**
   * Takes files. The first of each name counts.
   *
   * @throws GrpcStatusError RESOURCE_EXHAUSTED beyond the limits; INTERNAL for what is no file.
   */
  add(files: readonly Uint8Array[]): void {
    for (const bytes of files) {
      this.#bytes += bytes.length;
      if (this.#bytes > this.#limits.maxBytes) throw tooMuch(`${this.#limits.maxBytes} bytes of descriptors`);
      let file: FileDescriptorProto;
      try {
        file = fromBinary(FileDescriptorProtoSchema, bytes);
      } catch (cause) {
        throw malformed(cause);
      }
      this.addFile(file);
    }
  }

  /** Takes a file that is known to be one. */
  addFile(file: FileDescriptorProto): void {
    if (this.#files.has(file.name)) return;
    this.#files.set(file.name, file);
    this.#missing.delete(file.name);
    for (const name of file.dependency) if (!this.#files.has(name)) this.#missing.add(name);
    if (this.#files.size > this.#limits.maxFiles) throw tooMuch(`${this.#limits.maxFiles} files`);
  }

  /** A file that another one imports and that is not here; `undefined` if all are. */
  missing(): string | undefined {
    const [name] = this.#missing;
    return name;
  }

  /** Makes descriptors of all files. @throws GrpcStatusError INTERNAL if they do not fit together, RESOURCE_EXHAUSTED if their names are too long. */
  registry(): FileRegistry {
    const sorted = this.#sorted();
    for (const file of sorted) file.messageType.forEach(nameFields);
    makeTypeNamesFull(sorted, this.#limits.maxBytes * CHARACTERS_PER_BYTE + LEAST_CHARACTERS);
    try {
      return createFileRegistry(create(FileDescriptorSetSchema, { file: sorted }));
    } catch (cause) {
      throw malformed(cause);
    }
  }

  /** Every file behind those that it imports. */
  #sorted(): FileDescriptorProto[] {
    const sorted = new Set<FileDescriptorProto>();
    const begun = new Set<FileDescriptorProto>();
    const visit = (file: FileDescriptorProto): void => {
      if (sorted.has(file)) return;
      if (begun.has(file)) throw malformed(new Error(`${file.name} imports itself`));
      begun.add(file);
      for (const name of file.dependency) {
        const imported = this.#files.get(name);
        if (imported !== undefined) visit(imported);
      }
      sorted.add(file);
    };
    for (const file of this.#files.values()) visit(file);
    return [...sorted];
  }
}

/** Compilers write the names for JSON; who writes descriptors by hand may not. */
function nameFields({ field, nestedType }: DescriptorProto): void {
  for (const each of field) if (each.jsonName === '') each.jsonName = jsonNameOf(each.name);
  nestedType.forEach(nameFields);
}

function tooMuch(what: string): GrpcStatusError {
  return new GrpcStatusError(GrpcStatus.RESOURCE_EXHAUSTED, `reflection gave more than ${what}`);
}

function malformed(cause: unknown): GrpcStatusError {
  return new GrpcStatusError(GrpcStatus.INTERNAL, 'reflection gave malformed descriptors', { cause });
}

/** Full names are longer than what is sent of them: by no more than this, on the whole. */
const CHARACTERS_PER_BYTE = 4;
const LEAST_CHARACTERS = 1_000_000;
