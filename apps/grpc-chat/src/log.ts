import type { GrpcReply, GrpcServerCall } from '@lamella/grpc';
import { GrpcStatusError } from '@lamella/grpc';
import type { HttpRequest } from '@lamella/http';
import { formatAddress, PeerAddress } from '@lamella/net-core';
import type { DrainReport, Layer } from '@lamella/service-core';

/** One line for each call, when it begins to be answered: a layer around methods, as an interceptor is. */
export function callLogLayer(write: (line: string) => void): Layer<GrpcServerCall, GrpcReply> {
  return (inner) => ({
    async serve(call) {
      const peer = call.request.extensions.get(PeerAddress);
      const what = `${call.method.path} from ${peer === undefined ? 'nowhere' : formatAddress(peer)}`;
      try {
        const reply = await inner.serve(call);
        write(`${what}: OK`);
        return reply;
      } catch (error) {
        write(`${what}: ${error instanceof GrpcStatusError ? error.statusName : 'failed'}`);
        throw error;
      }
    },
  });
}

/** One line for a request that failed in the middle, or a handler that did. */
export function logFailure(error: unknown, request: HttpRequest | undefined): void {
  const what = request === undefined ? 'a connection' : `${request.method} ${request.path}`;
  console.error(`${what} failed: ${error instanceof Error ? error.message : String(error)}`);
}

/** One line when the server begins to end. */
export function logDraining(): void {
  console.log(
    'draining: not serving any more, who listens is sent away, calls under way finish; Ctrl+C again cuts them',
  );
}

/** One line when it has ended. */
export function logDrain({ durationMs, protocols }: DrainReport): void {
  const counts = Object.entries(protocols).map(
    ([protocol, { finished, closed, cut }]) => `${protocol} ${finished} finished, ${closed} closed, ${cut} cut`,
  );
  console.log([`drained in ${Math.round(durationMs)} ms`, ...counts].join('; '));
}
