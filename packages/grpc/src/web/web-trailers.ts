import { HttpHeaders } from '@lamella/http';
import { encodeEndFrame } from '../codec/end-frame-scanner.ts';
import { GrpcStatus } from '../codec/grpc-status.ts';
import { GrpcStatusError } from '../errors.ts';

/** Flag of the frame with the trailers. */
export const WEB_END_FLAG = 0x80;

/** Makes the frame with the trailers: lines as in HTTP/1.1, names in lower case. PROTOCOL-WEB.md of grpc/grpc. */
export function encodeWebTrailers(trailers: HttpHeaders): Uint8Array {
  let text = '';
  for (const [name, value] of trailers) text += `${name.toLowerCase()}: ${value}\r\n`;
  return encodeEndFrame(Buffer.from(text, 'latin1'), WEB_END_FLAG);
}

/** Reads what a frame with trailers holds. @throws GrpcStatusError INTERNAL if a line is no field. */
export function parseWebTrailers(bytes: Uint8Array): HttpHeaders {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1');
  const trailers = new HttpHeaders();
  for (const line of text.split(LINE_END)) {
    if (line === '') continue;
    const colon = line.indexOf(':');
    try {
      if (colon < 1) throw new Error('there is no name');
      trailers.append(line.slice(0, colon), line.slice(colon + 1).trim());
    } catch (cause) {
      throw new GrpcStatusError(GrpcStatus.INTERNAL, 'a line of the trailers is no field', { cause });
    }
  }
  return trailers;
}

const LINE_END = /\r?\n/;
