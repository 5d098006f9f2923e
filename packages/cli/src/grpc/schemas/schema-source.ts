import type { DescMethod, DescService, FileRegistry } from '@bufbuild/protobuf';
import { CliError, EXIT } from '../../cli-error.ts';
import { visible } from '../../send/web-socket/visible.ts';
import { didYouMean } from '../../words/near-names.ts';

/** Knows what a server can be asked for. */
export interface SchemaSource {
  /** Full names of all services. */
  readonly services: () => Promise<readonly string[]>;
  /** The files that declare a full name, of whatever it is, with all that they import; `undefined` if it is not known. */
  readonly filesOf: (name: string) => Promise<FileRegistry | undefined>;
  /** Names that are known beside those of services, as far as that costs nothing: for those who mistype. */
  readonly otherNames: () => readonly string[];
}

/** A service with the files that it is made of. */
export interface FoundService {
  readonly service: DescService;
  readonly files: FileRegistry;
}

/** Finds a service. @throws CliError with names that are near if there is none. */
export async function findService(source: SchemaSource, name: string): Promise<FoundService> {
  const files = await source.filesOf(name);
  const service = files?.getService(name);
  if (files !== undefined && service !== undefined) return { service, files };
  const names = await source.services();
  const hint = didYouMean(name, names);
  const all =
    hint === '' && names.length > 0 && names.length <= LISTED ? `; there are ${names.map(visible).join(', ')}` : hint;
  throw new CliError(`there is no service ${name}${all}`, EXIT.usage);
}

/** A method with the files of its service. */
export interface FoundMethod {
  readonly method: DescMethod;
  readonly files: FileRegistry;
}

/**
 * Finds a method.
 *
 * @param name - `package.Service/Method`, or with a dot in place of the slash.
 * @throws CliError with names that are near if there is none.
 */
export async function findMethod(source: SchemaSource, name: string): Promise<FoundMethod> {
  const [, serviceName, methodName] = /^\/?(.+)[/.]([^/.]+)$/.exec(name) ?? [];
  if (serviceName === undefined || methodName === undefined) {
    throw new CliError(`${JSON.stringify(name)} is no method: write package.Service/Method`, EXIT.usage);
  }
  const { service, files } = await findService(source, serviceName);
  const method = service.methods.find((candidate) => candidate.name === methodName);
  if (method !== undefined) return { method, files };
  const names = service.methods.map((candidate) => candidate.name);
  const hint = didYouMean(methodName, names);
  const has = hint === '' ? `; it has ${names.slice(0, LISTED).map(visible).join(', ')}` : hint;
  throw new CliError(`${serviceName} has no method ${methodName}${has}`, EXIT.usage);
}

const LISTED = 10;
