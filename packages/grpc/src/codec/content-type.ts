/**
 * Reads the content type of a gRPC message.
 *
 * @remarks
 * Types compare without regard to case, and parameters are left aside. `application/grpc-web` is another protocol.
 *
 * @returns The format of the messages, in lower case: `'proto'` for `application/grpc` alone, else what stands behind its `+`;
 * `undefined` if it is not gRPC.
 */
export function grpcFormatOf(contentType: string | undefined): string | undefined {
  if (contentType === undefined) return undefined;
  if (contentType === 'application/grpc' || contentType === 'application/grpc+proto') return 'proto'; // nearly all
  const found = GRPC_TYPE.exec(contentType);
  if (found === null) return undefined;
  return found[1]?.toLowerCase() ?? 'proto';
}

/** The content type of messages of this format. */
export function contentTypeOf(format: string): string {
  return format === 'proto' ? 'application/grpc' : `application/grpc+${format}`;
}

const GRPC_TYPE = /^application\/grpc(?:\+([!#$%&'*+\-.^_`|~0-9a-z]+))?[ \t]*(?:;.*)?$/i;
