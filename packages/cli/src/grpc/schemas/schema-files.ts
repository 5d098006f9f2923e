import { readFileSync } from 'node:fs';
import type { DescFile, FileRegistry } from '@bufbuild/protobuf';
import { create, createFileRegistry, fromBinary } from '@bufbuild/protobuf';
import type { FileDescriptorProto } from '@bufbuild/protobuf/wkt';
import { FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt';
import { CliError, EXIT, fileProblem, messageOf } from '../../cli-error.ts';
import type { SchemaSource } from './schema-source.ts';

/** Descriptor sets of files, such as `protoc --include_imports --descriptor_set_out` writes them. @throws CliError if they can't be used. */
export function descriptorSets(paths: readonly string[]): SchemaSource {
  return schemasOf(paths.map((path) => ({ name: path, bytes: read(path) })));
}

/** A descriptor set with the name to complain under. */
export interface DescriptorSet {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** What some descriptor sets say, all together. @throws CliError if they are none, or something is missing. */
export function schemasOf(sets: readonly DescriptorSet[]): SchemaSource {
  const files = registryOf(sets);
  const all = [...files.files];
  const services = all.flatMap((file) => file.services.map(({ typeName }) => typeName)).sort();
  return {
    async services() {
      return services;
    },
    async filesOf(name) {
      const isThere = files.get(name) !== undefined || files.get(name.replace(/[./][^./]*$/, '')) !== undefined;
      return isThere ? files : undefined;
    },
    otherNames: () => all.flatMap(namesOf),
  };
}

function namesOf({ messages, enums }: DescFile): readonly string[] {
  return [...messages, ...enums].map(({ typeName }) => typeName);
}

function registryOf(sets: readonly DescriptorSet[]): FileRegistry {
  const files = new Map<string, FileDescriptorProto>();
  for (const { name, bytes } of sets) {
    try {
      for (const file of fromBinary(FileDescriptorSetSchema, bytes).file) files.set(file.name, file);
    } catch (cause) {
      throw new CliError(`${name} is no descriptor set`, EXIT.usage, { cause });
    }
  }
  const missing = [...files.values()].flatMap(({ dependency }) => dependency).find((name) => !files.has(name));
  const names = sets.map(({ name }) => name).join(', ');
  if (missing !== undefined) {
    throw new CliError(`${names}: ${missing} is missing; let protoc --include_imports write it`, EXIT.usage);
  }
  try {
    return createFileRegistry(create(FileDescriptorSetSchema, { file: sorted(files) }));
  } catch (cause) {
    throw new CliError(`${names}: ${messageOf(cause)}`, EXIT.usage, { cause });
  }
}

/** Each file behind those that it imports. Compilers write them so, but there may be several sets. */
function sorted(files: ReadonlyMap<string, FileDescriptorProto>): FileDescriptorProto[] {
  const done = new Set<FileDescriptorProto>();
  const begun = new Set<FileDescriptorProto>();
  const visit = (file: FileDescriptorProto): void => {
    if (begun.has(file)) return;
    begun.add(file);
    for (const name of file.dependency) {
      const imported = files.get(name);
      if (imported !== undefined) visit(imported);
    }
    done.add(file);
  };
  for (const file of files.values()) visit(file);
  return [...done];
}

function read(path: string): Uint8Array {
  try {
    return readFileSync(path);
  } catch (cause) {
    throw new CliError(`cannot read ${path}: ${fileProblem(cause)}`, EXIT.usage, { cause });
  }
}
