import { anyUnpack, DurationSchema } from '@bufbuild/protobuf/wkt';
import { GrpcMetadata, GrpcStatusError } from '@lamella/grpc';
import { settle } from '@lamella/service-core/testing';
import type { WordsHandlers } from './proxied-words.ts';
import { all, failureOf } from './proxied-words.ts';

/** Status and message of a call that fails. */
export async function statusOf(call: Promise<unknown>): Promise<unknown[]> {
  const error = await failureOf(call);
  return error instanceof GrpcStatusError ? [error.statusName, error.statusMessage] : ['none', error];
}

/** All that a failure tells. */
export async function richFailure(call: Promise<unknown>): Promise<unknown> {
  const error = await failureOf(call);
  if (!(error instanceof GrpcStatusError)) return error;
  const seconds = error.details.map((any) => anyUnpack(any, DurationSchema)?.seconds);
  return [error.statusName, error.statusMessage, told(error.metadata), seconds];
}

/** Handlers that look at the call, and then do what their names say. */
export function seeing(look: (call: Parameters<WordsHandlers['echo']>[1]) => void): WordsHandlers {
  return {
    async echo(word, call) {
      look(call);
      return word;
    },
    async *split(word, call) {
      look(call);
      yield* word;
    },
    async join(words, call) {
      look(call);
      return (await all(words)).join('');
    },
    async *chat(words, call) {
      look(call);
      yield* words;
    },
  };
}

/** What happens at the other end takes some turns. */
export async function until(isSo: () => boolean): Promise<void> {
  for (let round = 0; round < 2_000 && !isSo(); round++) await settle(1);
}

const NAMES = ['x-word', 'x-bin', 'x-more'];
/** Metadata as data, under the names that cases use. */
export const told = (metadata: GrpcMetadata): unknown =>
  NAMES.map((name) => metadata.getAll(name).map((value) => (typeof value === 'string' ? value : [...value])));
/** Metadata of all sorts: text, bytes, duplicates. */
export const metadataOf = (word: string): GrpcMetadata =>
  GrpcMetadata.from([
    ['x-word', `${word} a`],
    ['x-word', `${word} b, c`],
    ['x-bin', new Uint8Array([0, 255, 254])],
    ['x-bin', new Uint8Array([])],
    ['x-bin', new Uint8Array([7])],
  ]);
/** The same as data. */
export const toldOf = (word: string): unknown => [[`${word} a`, `${word} b, c`], [[0, 255, 254], [], [7]], []];
