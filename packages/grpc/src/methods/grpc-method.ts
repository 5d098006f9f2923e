import type { DescService } from '@bufbuild/protobuf';
import type { GrpcCodec } from './grpc-codec.ts';

/** Which sides send a stream of messages rather than one. */
export type GrpcMethodType = 'unary' | 'client-streaming' | 'server-streaming' | 'bidi';

/** A codec of any message. What goes in must be what the codec takes: the types of clients and handlers see to that. */
// biome-ignore lint/suspicious/noExplicitAny: the one place that stands for codecs of every type, which differ in both directions
export type AnyGrpcCodec = GrpcCodec<any, any>;

/** A method: how it is called, and what its messages are. */
export interface GrpcMethod<
  Type extends GrpcMethodType = GrpcMethodType,
  Request extends AnyGrpcCodec = AnyGrpcCodec,
  Response extends AnyGrpcCodec = AnyGrpcCodec,
> {
  /** Which sides send a stream. */
  readonly type: Type;
  /** Full name of its service, such as `'chat.v1.Chat'`. */
  readonly service: string;
  /** Its name on the wire, such as `'SendMessage'`. */
  readonly name: string;
  /** Path of its requests: `/service/name`. */
  readonly path: string;
  /** Messages of clients. */
  readonly request: Request;
  /** Messages of the server. */
  readonly response: Response;
  /** Whether calling it changes nothing, so that Connect may use GET. Default false. */
  readonly isSafe?: boolean;
  /** The same method with messages in other formats. A server takes them all; a client chooses by `format`. Default: none. */
  readonly alternatives?: readonly GrpcMethod[];
}

/** The methods of a service by their local names, such as `sendMessage`. */
export type GrpcMethods = Readonly<Record<string, GrpcMethod>>;

/** A service: its name and its methods. Made by {@link defineService}, or of a descriptor by {@link grpcSchema}. */
export interface GrpcSchema<Methods extends GrpcMethods = GrpcMethods> {
  /** Full name, such as `'chat.v1.Chat'`. */
  readonly typeName: string;
  /** Methods by their local names. */
  readonly methods: Methods;
  /** What it was made of, where that was a descriptor: reflection tells of it. Default: none. */
  readonly descriptor?: DescService;
}

/** Whether clients send a stream of messages to methods of this type. */
export function hasRequestStream(type: GrpcMethodType): boolean {
  return type === 'client-streaming' || type === 'bidi';
}

/** Whether the server sends a stream of messages in methods of this type. */
export function hasResponseStream(type: GrpcMethodType): boolean {
  return type === 'server-streaming' || type === 'bidi';
}

/** The method with its messages in a format. @returns `undefined` if it has none of that name. */
export function methodInFormat(method: GrpcMethod, format: string | undefined): GrpcMethod | undefined {
  if (method.request.format === format) return method;
  return method.alternatives?.find(({ request }) => request.format === format);
}
