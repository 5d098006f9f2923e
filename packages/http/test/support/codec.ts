import type { ByteCursor } from '@lamella/net-core';
import type { Decoder } from '@lamella/net-core/testing';
import type { BodyDecoder } from '../../src/codec/body-decoder.ts';
import type { HttpHeaders } from '../../src/message/http-headers.ts';

/** Text as bytes, one byte a character. */
export function bytesOf(text: string): Uint8Array {
  return Uint8Array.from(Buffer.from(text, 'latin1'));
}

/** Bytes as text, one character a byte. */
export function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('latin1');
}

/** A head with its headers as pairs: what is private in a class does not count in a deep comparison. */
export type Plain<Head> = Omit<Head, 'headers'> & { readonly headers: readonly (readonly [string, string])[] };

/** A decoder whose heads can be compared. */
export function plainDecoder<Head extends { readonly headers: HttpHeaders }>(
  decoder: Decoder<Head>,
): Decoder<Plain<Head>> {
  return mapDecoder(decoder, (head) => ({ ...head, headers: [...head.headers] }));
}

/** A decoder with another form of output. */
export function mapDecoder<From, To>(decoder: Decoder<From>, map: (output: From) => To): Decoder<To> {
  return {
    decode(input) {
      const output = decoder.decode(input);
      return output === undefined ? undefined : map(output);
    },
  };
}

/** A body, put together. */
export interface WholeBody {
  readonly content: string;
  readonly trailers: readonly (readonly [string, string])[] | undefined;
}

/** A body decoder as one that gives the body when it has all of it: pieces depend on how the input is split. */
export function wholeBodyDecoder(decoder: BodyDecoder): Decoder<WholeBody> {
  let content = '';
  let isGiven = false;
  return {
    decode(input: ByteCursor) {
      for (let piece = decoder.decode(input); piece !== undefined; piece = decoder.decode(input)) {
        if (piece.length === 0) throw new Error('a piece of a body must not be empty');
        content += textOf(piece);
      }
      if (!decoder.isDone || isGiven) return undefined;
      isGiven = true;
      const { trailers } = decoder;
      return { content, trailers: trailers === undefined ? undefined : [...trailers] };
    },
  };
}
