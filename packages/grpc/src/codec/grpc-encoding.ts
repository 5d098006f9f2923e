/** How messages are compressed: not at all, gzip (RFC 1952), or deflate in the zlib format (RFC 1950). */
export type GrpcEncoding = 'identity' | 'gzip' | 'deflate';

/** What both sides understand, as they say it in `grpc-accept-encoding`. */
export const ACCEPTED_ENCODINGS = 'identity,gzip,deflate';

/** Reads `grpc-encoding`. @returns The encoding, `'identity'` if there is no field, or `undefined` if it is one that is not known here. */
export function parseGrpcEncoding(value: string | undefined): GrpcEncoding | undefined {
  if (value === undefined) return 'identity';
  const name = value.toLowerCase();
  return isGrpcEncoding(name) ? name : undefined;
}

/** Whether the peer says in `grpc-accept-encoding` that it understands `encoding`. `identity` needs no saying. */
export function acceptsEncoding(value: string | undefined, encoding: GrpcEncoding): boolean {
  if (encoding === 'identity') return true;
  return value?.split(',').some((name) => name.trim().toLowerCase() === encoding) ?? false;
}

/** Whether `name` is an encoding that is known here. */
export function isGrpcEncoding(name: unknown): name is GrpcEncoding {
  return name === 'identity' || name === 'gzip' || name === 'deflate';
}
