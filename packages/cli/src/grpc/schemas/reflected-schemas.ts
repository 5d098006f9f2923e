import type { GrpcCallOptions } from '@lamella/grpc';
import { GrpcStatus, GrpcStatusError, grpcReflectionClient } from '@lamella/grpc';
import type { HttpRequest, HttpResponse } from '@lamella/http';
import type { Service } from '@lamella/service-core';
import { CliError } from '../../cli-error.ts';
import { visible } from '../../send/web-socket/visible.ts';
import { exitCodeOfStatus } from '../grpc-failure.ts';
import type { SchemaSource } from './schema-source.ts';

/** What a server tells of itself. */
export function reflectedSchemas(
  http: Service<HttpRequest, HttpResponse>,
  url: string,
  call: GrpcCallOptions,
): SchemaSource {
  const reflection = grpcReflectionClient(http, { url, maxMessageBytes: MAX_MESSAGE_BYTES });
  return {
    services: () => asked(reflection.listServices(call)),
    async filesOf(name) {
      try {
        return await asked(reflection.filesOfSymbol(name, call));
      } catch (error) {
        if (error instanceof GrpcStatusError && UNKNOWN_NAME.has(error.status)) return undefined;
        throw error;
      }
    },
    otherNames: () => [],
  };
}

/** What to do about it is said where reflection is what fails, rather than the way to the server or the call. */
async function asked<Value>(answer: Promise<Value>): Promise<Value> {
  try {
    return await answer;
  } catch (error) {
    if (!(error instanceof GrpcStatusError) || !IS_REFLECTIONS.has(error.status)) throw error;
    const { status, message } = error;
    const why =
      status === GrpcStatus.UNIMPLEMENTED ? 'the server has no reflection' : `reflection failed: ${visible(message)}`;
    const way = 'give the schema by --descriptor-set or --proto, or turn reflection on there';
    throw new CliError(`${why}; ${way}`, exitCodeOfStatus(status), { cause: error });
  }
}

const MAX_MESSAGE_BYTES = 16_777_216;
/** Some servers are lazy about what they answer for a name that is none of theirs. */
const UNKNOWN_NAME: ReadonlySet<number> = new Set([GrpcStatus.NOT_FOUND, GrpcStatus.INVALID_ARGUMENT]);
const IS_REFLECTIONS: ReadonlySet<number> = new Set([
  GrpcStatus.CANCELLED,
  GrpcStatus.UNKNOWN,
  GrpcStatus.UNIMPLEMENTED,
  GrpcStatus.INTERNAL,
]);
