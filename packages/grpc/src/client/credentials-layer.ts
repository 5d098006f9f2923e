import type { Layer } from '@lamella/service-core';
import { isGrpcStatusError } from '../calls/end-of-call.ts';
import type { GrpcCall } from '../calls/grpc-call.ts';
import type { GrpcReply } from '../calls/grpc-reply.ts';
import { GrpcStatus } from '../codec/grpc-status.ts';
import { GrpcStatusError } from '../errors.ts';
import { GrpcMetadata } from '../messages/grpc-metadata.ts';
import type { GrpcCredentials } from './call-options.ts';

/** Adds credentials to every call, made anew for it. If that fails with no status, the call ends with UNAUTHENTICATED. */
export function credentialsLayer(credentials: GrpcCredentials, url: string): Layer<GrpcCall, GrpcReply> {
  return (inner) => ({
    async serve(call) {
      const metadata = call.metadata.clone();
      const { method, scope } = call;
      const target = {
        url,
        method,
        get signal() {
          return call.signal;
        },
      };
      metadata.appendAll(await scope.race(made(async () => credentials(target))));
      return inner.serve(call.with({ metadata }));
    },
  });
}

async function made(credentials: () => Promise<Parameters<typeof GrpcMetadata.from>[0]>): Promise<GrpcMetadata> {
  try {
    return GrpcMetadata.from(await credentials());
  } catch (cause) {
    if (isGrpcStatusError(cause)) throw cause;
    throw new GrpcStatusError(GrpcStatus.UNAUTHENTICATED, 'the credentials of the call can not be made', { cause });
  }
}
