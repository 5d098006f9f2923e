import type { Drainable, Lifecycle } from '@lamella/service-core';
import { UsageError } from '@lamella/service-core';
import type { GrpcServerCall } from '../calls/grpc-server-call.ts';
import { GrpcStatus } from '../codec/grpc-status.ts';
import { GrpcStatusError } from '../errors.ts';
import type { GrpcImplementation } from '../server/implement-service.ts';
import { implementService } from '../server/implement-service.ts';
import { HealthBoard } from './health-board.ts';
import { HealthService, HealthStatus } from './health-schema.ts';

/** Options of {@link grpcHealth}. */
export interface GrpcHealthOptions {
  /**
   * As soon as its drain begins, the pre-drain included, all services are NOT_SERVING; when nothing new is taken any more, those who watch are
   * told to go elsewhere (UNAVAILABLE), so that they hold nothing up. Default: none.
   */
  readonly lifecycle?: Lifecycle;
  /** How services stand at the start, by full name, each one of {@link HealthStatus}. Default: `''`, the server as a whole, is SERVING. */
  readonly services?: Readonly<Record<string, number>>;
}

/** How the services of a server stand, and the service that tells it. Made by {@link grpcHealth}. */
export interface GrpcHealth {
  /** `grpc.health.v1.Health`, to be given to `grpcService` with the others. */
  readonly implementation: GrpcImplementation;
  /** Calls of `Watch` that wait for a change now. */
  readonly watchers: number;
  /** How a service stands; `undefined` if nobody said. */
  readonly get: (service: string) => number | undefined;
  /** Says how a service stands. @throws UsageError if `status` is not UNKNOWN, SERVING or NOT_SERVING. */
  readonly set: (service: string, status: number) => void;
  /** Forgets a service: it is NOT_FOUND, and SERVICE_UNKNOWN for those who watch it. */
  readonly clear: (service: string) => void;
}

/**
 * Makes a health service for a server.
 *
 * @remarks
 * Source: health-checking.md of grpc/grpc. A call of `Watch` holds the last status and nothing else: changes that come faster than its client
 * reads are left out. `List` tells of up to 100 services, and is RESOURCE_EXHAUSTED beyond.
 *
 * @throws UsageError if a status is none.
 *
 * @example
 * const health = grpcHealth({ lifecycle: createLifecycle(), services: { '': HealthStatus.SERVING, 'chat.v1.Chat': HealthStatus.SERVING } });
 * const service = grpcService([health.implementation]);
 * health.set('chat.v1.Chat', HealthStatus.NOT_SERVING); // while its database is away
 */
export function grpcHealth(options: GrpcHealthOptions = {}): GrpcHealth {
  const { lifecycle, services = { '': HealthStatus.SERVING } } = options;
  const board = new HealthBoard();
  const set = (service: string, status: number): void => {
    if (!SETTABLE.has(status)) throw new UsageError(`status must be UNKNOWN, SERVING or NOT_SERVING, got ${status}`);
    board.set(service, status);
  };
  for (const [service, status] of Object.entries(services)) set(service, status);
  lifecycle?.register(drainOf(board));
  return {
    implementation: implementationOn(board),
    get watchers() {
      return board.waiting;
    },
    get: (service) => board.statusOf(service),
    set,
    clear: (service) => board.clear(service),
  };
}

function implementationOn(board: HealthBoard): GrpcImplementation {
  return implementService(HealthService, {
    check({ service }) {
      const status = board.statusOf(service);
      if (status === undefined) throw new GrpcStatusError(GrpcStatus.NOT_FOUND, 'unknown service');
      return { status };
    },
    list() {
      const services = board.services();
      if (services.length > MAX_LISTED) {
        throw new GrpcStatusError(GrpcStatus.RESOURCE_EXHAUSTED, `there are more than ${MAX_LISTED} services`);
      }
      const entries = services.map((service) => [service, { status: board.statusOf(service) ?? 0 }] as const);
      return { statuses: Object.fromEntries(entries) };
    },
    watch: ({ service }, call) => watched(board, service, call),
  });
}

async function* watched(
  board: HealthBoard,
  service: string,
  { scope }: GrpcServerCall,
): AsyncGenerator<{ status: number }> {
  let last: number | undefined;
  for (;;) {
    const status = board.statusOf(service) ?? HealthStatus.SERVICE_UNKNOWN;
    if (status !== last) {
      last = status;
      yield { status };
      continue; // it may have changed while nobody took it
    }
    if (board.isLeaving) throw new GrpcStatusError(GrpcStatus.UNAVAILABLE, 'the server is leaving');
    await board.changed(scope);
  }
}

/** Holds a drain up for nothing: it is over as soon as it was told. */
function drainOf(board: HealthBoard): Drainable {
  const drained = Promise.withResolvers<void>();
  const leave = (): void => {
    board.override(HealthStatus.NOT_SERVING);
    board.leave();
    drained.resolve();
  };
  return {
    protocol: 'grpc-health',
    isIdle: true,
    startPreDrain: () => board.override(HealthStatus.NOT_SERVING),
    startDrain: leave,
    drained: drained.promise,
    destroy: leave,
  };
}

const MAX_LISTED = 100;
const SETTABLE: ReadonlySet<number> = new Set([HealthStatus.UNKNOWN, HealthStatus.SERVING, HealthStatus.NOT_SERVING]);
