import type { Message } from '@bufbuild/protobuf';
import type { GenMessage, GenService } from '@bufbuild/protobuf/codegenv2';
import { describedField, describedFile, describedMethod } from '../descriptors/described-file.ts';

/**
 * What `grpc.health.v1` says of a service.
 *
 * @example
 * HealthStatus.SERVING; // 1
 */
export const HealthStatus = {
  UNKNOWN: 0,
  SERVING: 1,
  NOT_SERVING: 2,
  /** Only in what `Watch` answers: the server knows nothing of the service, so far. */
  SERVICE_UNKNOWN: 3,
} as const;

/** Names a service; `''` is the server as a whole. */
export type HealthCheckRequest = Message<'grpc.health.v1.HealthCheckRequest'> & {
  /** Full name, such as `'chat.v1.Chat'`. */
  service: string;
};

/** How a service stands. */
export type HealthCheckResponse = Message<'grpc.health.v1.HealthCheckResponse'> & {
  /** One of {@link HealthStatus}. */
  status: number;
};

/** Asks for all services. */
export type HealthListRequest = Message<'grpc.health.v1.HealthListRequest'>;

/** How all services stand. */
export type HealthListResponse = Message<'grpc.health.v1.HealthListResponse'> & {
  /** By full name. */
  statuses: Record<string, HealthCheckResponse>;
};

/** Methods of {@link HealthService}. A type, since an interface has no index signature. */
export type HealthMethods = {
  /** How a service stands now; NOT_FOUND if the server does not know it. */
  check: {
    methodKind: 'unary';
    input: GenMessage<HealthCheckRequest>;
    output: GenMessage<HealthCheckResponse>;
  };
  /** How all services stand now. */
  list: {
    methodKind: 'unary';
    input: GenMessage<HealthListRequest>;
    output: GenMessage<HealthListResponse>;
  };
  /** How a service stands, now and whenever that changes. */
  watch: {
    methodKind: 'server_streaming';
    input: GenMessage<HealthCheckRequest>;
    output: GenMessage<HealthCheckResponse>;
  };
};

/**
 * The service `grpc.health.v1.Health`, for clients. Servers have {@link grpcHealth}.
 *
 * @remarks
 * Source: health-checking.md and health.proto of grpc/grpc.
 *
 * @example
 * const health = grpcClient(grpcService([grpcHealth().implementation]), HealthService);
 * const { status } = await health.check({ service: '' });
 * console.log(status === HealthStatus.SERVING);
 */
export const HealthService: GenService<HealthMethods> = /* @__PURE__ */ healthService();

function healthService(): GenService<HealthMethods> {
  const scope = 'grpc.health.v1';
  const [response, status] = [`.${scope}.HealthCheckResponse`, `.${scope}.HealthCheckResponse.ServingStatus`];
  const file = describedFile({
    name: 'grpc/health/v1/health.proto',
    package: scope,
    messageType: [
      { name: 'HealthCheckRequest', field: [describedField('service', 1, 'string')] },
      {
        name: 'HealthCheckResponse',
        field: [describedField('status', 1, { enum: status })],
        enumType: [
          { name: 'ServingStatus', value: Object.entries(HealthStatus).map(([name, number]) => ({ name, number })) },
        ],
      },
      { name: 'HealthListRequest' },
      {
        name: 'HealthListResponse',
        field: [
          describedField(
            'statuses',
            1,
            { message: `.${scope}.HealthListResponse.StatusesEntry` },
            { isRepeated: true },
          ),
        ],
        nestedType: [
          {
            name: 'StatusesEntry',
            field: [describedField('key', 1, 'string'), describedField('value', 2, { message: response })],
            options: { mapEntry: true },
          },
        ],
      },
    ],
    service: [
      {
        name: 'Health',
        method: [
          describedMethod('Check', scope, 'HealthCheckRequest', 'HealthCheckResponse'),
          describedMethod('List', scope, 'HealthListRequest', 'HealthListResponse'),
          describedMethod('Watch', scope, 'HealthCheckRequest', 'HealthCheckResponse', { server: true }),
        ],
      },
    ],
  });
  // The types above say of these descriptors what the descriptors say themselves.
  return file.services[0] as unknown as GenService<HealthMethods>;
}
