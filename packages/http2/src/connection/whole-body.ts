import type { HttpHeaders } from '@lamella/http';
import { HttpBody } from '@lamella/http';

/** A body that is all here. @param bytes - Its content, borrowed. */
export function wholeBody(bytes: Uint8Array | undefined, trailers: HttpHeaders | undefined): HttpBody {
  if (bytes === undefined && trailers === undefined) return HttpBody.empty;
  const copy = bytes === undefined ? NOTHING : copyOf(bytes);
  return trailers === undefined ? HttpBody.from(copy) : HttpBody.from(copy, { trailers: () => trailers });
}

/** A copy. Up to 64 bytes lie in the object itself; memory of its own for a few more takes several times as long as a part of a pool. */
function copyOf(bytes: Uint8Array): Uint8Array {
  return bytes.length <= 64 ? new Uint8Array(bytes) : Buffer.from(bytes);
}

const NOTHING = new Uint8Array(0);
