import { UsageError } from '@lamella/service-core';
import type { AnyGrpcCodec, GrpcMethod, GrpcMethodType, GrpcSchema } from './grpc-method.ts';

/** A method as {@link defineService} takes it. */
export interface GrpcMethodDefinition<
  Type extends GrpcMethodType = GrpcMethodType,
  Request extends AnyGrpcCodec = AnyGrpcCodec,
  Response extends AnyGrpcCodec = AnyGrpcCodec,
> {
  /** Which sides send a stream. */
  readonly type: Type;
  /** Messages of clients. */
  readonly request: Request;
  /** Messages of the server; of the same format. */
  readonly response: Response;
  /** Name on the wire. Default: the local name with its first letter in upper case. */
  readonly name?: string;
  /** Whether calling it changes nothing, so that Connect may use GET. Default false. */
  readonly isSafe?: boolean;
}

/** The methods that {@link defineService} makes of definitions. */
export type DefinedMethods<Definitions extends Readonly<Record<string, GrpcMethodDefinition>>> = {
  readonly [Name in keyof Definitions]: GrpcMethod<
    Definitions[Name]['type'],
    Definitions[Name]['request'],
    Definitions[Name]['response']
  >;
};

/**
 * Defines a service in TypeScript, without a schema.
 *
 * @param typeName - Full name, such as `'chat.v1.Chat'`.
 * @param definitions - Its methods by their local names.
 * @throws UsageError if a name is no name, or the two codecs of a method differ in format.
 *
 * @example
 * const text = jsonCodec(String);
 * const Chat = defineService('chat.v1.Chat', {
 *   say: { type: 'unary', request: text, response: text },
 *   listen: { type: 'server-streaming', request: text, response: text },
 * });
 */
export function defineService<const Definitions extends Readonly<Record<string, GrpcMethodDefinition>>>(
  typeName: string,
  definitions: Definitions,
): GrpcSchema<DefinedMethods<Definitions>> {
  if (!TYPE_NAME.test(typeName)) throw new UsageError(`${JSON.stringify(typeName)} is no name of a service`);
  const methods = Object.entries(definitions).map(([localName, definition]) => {
    const { type, request, response, isSafe = false } = definition;
    const { name = localName.charAt(0).toUpperCase() + localName.slice(1) } = definition;
    if (!TYPES.has(type)) throw new UsageError(`${typeName}.${localName} has the type ${JSON.stringify(type)}`);
    if (!METHOD_NAME.test(name)) throw new UsageError(`${JSON.stringify(name)} is no name of a method`);
    if (request.format !== response.format) throw new UsageError(`${typeName}.${localName} has codecs of two formats`);
    const path = `/${typeName}/${name}`;
    return [localName, { type, service: typeName, name, path, request, response, isSafe }] as const;
  });
  // One method for each definition, under the same name and with the same parts.
  return { typeName, methods: Object.fromEntries(methods) as DefinedMethods<Definitions> };
}

const TYPE_NAME = /^[A-Za-z_][\w]*(?:\.[A-Za-z_]\w*)*$/;
const METHOD_NAME = /^[A-Za-z_]\w*$/;
const TYPES: ReadonlySet<string> = new Set<GrpcMethodType>(['unary', 'client-streaming', 'server-streaming', 'bidi']);
