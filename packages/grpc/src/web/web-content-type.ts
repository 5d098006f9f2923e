/** What a content type of gRPC-Web says. */
export interface WebContentType {
  /** Whether bytes are sent as Base64. */
  readonly isText: boolean;
  /** Format of the messages, in lower case. */
  readonly format: string;
}

/** Reads a content type. @returns `undefined` if it is not that of gRPC-Web. PROTOCOL-WEB.md of grpc/grpc. */
export function webContentTypeOf(value: string | undefined): WebContentType | undefined {
  const found = value === undefined ? null : WEB_TYPE.exec(value);
  if (found === null) return undefined;
  return { isText: found[1] !== undefined, format: found[2]?.toLowerCase() ?? 'proto' };
}

/** Writes a content type. */
export function formatWebContentType({ isText, format }: WebContentType): string {
  return `application/grpc-web${isText ? '-text' : ''}+${format}`;
}

const WEB_TYPE = /^[ \t]*application\/grpc-web(-text)?(?:\+([!#$%&'*+\-.^_`|~0-9a-z]+))?[ \t]*(?:;.*)?$/i;
