import type { HttpRequest, HttpResponse } from '@lamella/http';
import type { Endpoint } from '@lamella/layers';
import { isGrpcStatusError } from '../calls/end-of-call.ts';
import type { GrpcClientOptions } from '../client/grpc-client.ts';
import { grpcClient } from '../client/grpc-client.ts';
import { GrpcStatus } from '../codec/grpc-status.ts';
import { HealthService, HealthStatus } from './health-schema.ts';

/** Options of {@link grpcHealthCheck}: those of a client, and the service to ask for. */
export interface GrpcHealthCheckOptions extends GrpcClientOptions {
  /** Full name of the service. Default `''`: the server as a whole. */
  readonly service?: string;
}

/**
 * Makes a check of servers for balancers, by `grpc.health.v1`.
 *
 * @remarks
 * A server that has no such service (UNIMPLEMENTED) is taken for well, as in all implementations of gRPC.
 *
 * @throws UsageError if an option of the client is out of its range.
 *
 * @example
 * function balancedBy(endpoints: readonly Endpoint<HttpRequest, HttpResponse>[]): Service<HttpRequest, HttpResponse> {
 *   const check = grpcHealthCheck({ service: 'chat.v1.Chat', url: 'http://chat.test' });
 *   return balancer({ endpoints, healthCheck: { check, intervalMs: 5_000 } });
 * }
 */
export function grpcHealthCheck(
  options: GrpcHealthCheckOptions = {},
): (endpoint: Endpoint<HttpRequest, HttpResponse>, signal: AbortSignal) => Promise<boolean> {
  const { service = '', ...clientOptions } = options;
  const clientOf = (endpoint: Pick<Endpoint<HttpRequest, HttpResponse>, 'service'>) =>
    grpcClient(endpoint.service, HealthService, clientOptions);
  clientOf({ service: { serve: () => Promise.reject(new Error('nobody calls it')) } }); // checks the options now
  return async (endpoint, signal) => {
    try {
      const { status } = await clientOf(endpoint).check({ service }, { signal });
      return status === HealthStatus.SERVING;
    } catch (error) {
      if (isGrpcStatusError(error) && error.status === GrpcStatus.UNIMPLEMENTED) return true;
      throw error;
    }
  };
}
