import type { FileRegistry } from '@bufbuild/protobuf';
import { CliError, EXIT } from '../../cli-error.ts';
import { visible } from '../../send/web-socket/visible.ts';
import { didYouMean } from '../../words/near-names.ts';
import { grpcConnection } from '../grpc-connection.ts';
import { toGrpcError } from '../grpc-failure.ts';
import type { GrpcOptions } from '../grpc-options.ts';
import type { SchemaSource } from '../schemas/schema-source.ts';
import { findService } from '../schemas/schema-source.ts';
import { schemasFor } from '../schemas/schemas-for.ts';
import type { Described } from './descriptor-text.ts';
import { descriptorText } from './descriptor-text.ts';

/** Prints what a full name stands for; without one, all services. */
export async function grpcDescribe(url: string, name: string | undefined, options: GrpcOptions): Promise<void> {
  await withSchemas(url, options, async (source) => {
    const names = name === undefined ? await source.services() : [name];
    const found = [];
    for (const each of names) found.push(await describe(source, each));
    return found.join('\n\n');
  });
}

/** Prints the names of all services, or of the methods of one. */
export async function grpcList(url: string, name: string | undefined, options: GrpcOptions): Promise<void> {
  await withSchemas(url, options, async (source) => {
    if (name === undefined) return (await source.services()).map(visible).join('\n');
    const { service } = await findService(source, name);
    return service.methods.map((method) => visible(`${service.typeName}/${method.name}`)).join('\n');
  });
}

async function withSchemas(
  url: string,
  options: GrpcOptions,
  textOf: (source: SchemaSource) => Promise<string>,
): Promise<void> {
  const connection = grpcConnection(url, options);
  try {
    const text = await textOf(schemasFor(connection, options));
    if (text !== '') process.stdout.write(`${text}\n`);
  } catch (error) {
    throw toGrpcError(error);
  } finally {
    connection.close();
  }
}

async function describe(source: SchemaSource, name: string): Promise<string> {
  const typed = name.replace(/^\./, '').replace('/', '.');
  const files = await source.filesOf(typed);
  const described = files === undefined ? undefined : find(files, typed);
  if (described === undefined) {
    const names = [...(await source.services()), ...source.otherNames()];
    throw new CliError(`there is no ${typed}${didYouMean(typed, names)}`, EXIT.usage);
  }
  return `${visible(`// ${typed} is ${WORDS[described.kind]} of ${fileOf(described)}`)}\n${descriptorText(described)}`;
}

/** A message, an enum, a service or an extension; or a member of one. */
function find(files: FileRegistry, name: string): Described | undefined {
  const whole = files.get(name);
  if (whole !== undefined) return whole;
  const dot = name.lastIndexOf('.');
  const [parent, last] = [files.get(name.slice(0, dot)), name.slice(dot + 1)];
  if (parent?.kind === 'service') return parent.methods.find((method) => method.name === last);
  if (parent?.kind !== 'message') return undefined;
  return [...parent.fields, ...parent.oneofs].find((member) => member.name === last);
}

function fileOf(described: Described): string {
  const owner = 'parent' in described && described.parent !== undefined ? described.parent : described;
  return 'file' in owner ? owner.file.proto.name : '';
}

const WORDS: Readonly<Record<Described['kind'], string>> = {
  service: 'a service',
  rpc: 'a method',
  message: 'a message',
  field: 'a field',
  oneof: 'a oneof',
  enum: 'an enum',
  extension: 'an extension',
};
