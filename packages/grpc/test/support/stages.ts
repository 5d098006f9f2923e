import type { HttpRequest, HttpResponse } from '@lamella/http';
import { createHttpClient } from '@lamella/http';
import { directClientOn } from '@lamella/http/testing';
import { http2, http2ServerLayer } from '@lamella/http2';
import type { Connection } from '@lamella/net-core';
import { createConnection, memoryPipe } from '@lamella/net-core';
import type { Clock, Lifecycle, Service } from '@lamella/service-core';

/** A way from a client to a server's service. */
export interface Stage {
  readonly name: string;
  /** Opens the way. What a server's engine hears of goes to `onError`. */
  open(service: Service<HttpRequest, HttpResponse>, options?: StageOptions): OpenStage;
}

/** What a stage may be told. */
export interface StageOptions {
  readonly clock?: Clock;
  /** Where connections take part in draining, where there are such. */
  readonly lifecycle?: Lifecycle;
  readonly onError?: (error: unknown) => void;
}

/** An open way. */
export interface OpenStage {
  /** What clients are given. */
  readonly service: Service<HttpRequest, HttpResponse>;
  /** Breaks everything off, as if the client's machine had gone. */
  vanish(): void;
  close(): Promise<void>;
}

/** The service itself. */
const itself: Stage = {
  name: "the server's own service",
  open: (service) => ({ service, vanish() {}, async close() {} }),
};

/** The service as a server hands requests to it, without any frames. */
const direct: Stage = {
  name: 'requests without frames',
  open: (service) => ({ service: directClientOn(service), vanish() {}, async close() {} }),
};

/** Real frames in memory. */
export const frames: Stage = {
  name: 'HTTP/2 frames in memory',
  open(service, { clock, lifecycle, onError = () => {} } = {}) {
    const timing = clock === undefined ? {} : { clock };
    const life = lifecycle === undefined ? {} : { lifecycle };
    const server = http2ServerLayer({ onError, ...timing, ...life })(service);
    const nearEnds: Connection[] = [];
    const connector = {
      serve: async (): Promise<Connection> => {
        const [near, far] = memoryPipe();
        void server.serve(createConnection(far));
        const connection = createConnection(near);
        nearEnds.push(connection);
        return connection;
      },
    };
    const client = createHttpClient({ connector, protocols: [http2()], ...timing });
    return {
      service: client,
      vanish() {
        for (const { stream } of nearEnds) stream.destroy(new Error('the machine is gone'));
      },
      close: () => client.close(),
    };
  },
};

/** Every way; a suite runs on all of them. */
export const stages: readonly Stage[] = [itself, direct, frames];
