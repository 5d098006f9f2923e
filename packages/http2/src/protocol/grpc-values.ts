/**
 * The value of a field of gRPC without the blanks at its ends, which no value of HTTP/2 may have.
 *
 * @remarks
 * PROTOCOL-HTTP2.md of grpc/grpc lets texts and metadata have them, says that they may be taken off, and most implementations send them: a
 * status would be lost with its message. Whether a section belongs to a call, it says itself. What frames a message is never repaired.
 *
 * @returns `undefined` where the value stays what it is: malformed.
 */
export function grpcValue(section: readonly string[], name: string, value: string): string | undefined {
  if (FRAMING.has(name) || !isOfGrpc(section)) return undefined;
  return value.replace(BLANKS, '');
}

function isOfGrpc(section: readonly string[]): boolean {
  for (let index = 0; index < section.length; index += 2) {
    const name = section[index];
    if (name === 'grpc-status') return true;
    if (name === 'content-type') return GRPC.test(section[index + 1] ?? '');
  }
  return false;
}

const FRAMING: ReadonlySet<string> = new Set(['host', 'content-length', 'te', 'content-type']);
const GRPC = /^application\/grpc(?:[+;]|$)/i;
/** The one at the end begins where no blank stands before it, so that a row of them within is passed over once. */
const BLANKS = /^[ \t]+|(?<![ \t])[ \t]+$/g;
