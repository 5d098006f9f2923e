import type { HttpRequest, HttpResponse } from '@lamella/http';
import { createHttpClient, httpServerLayer } from '@lamella/http';
import type { Connection } from '@lamella/net-core';
import { createConnection, memoryPipe } from '@lamella/net-core';
import type { Layer } from '@lamella/service-core';
import { connectClientLayer, grpcWebClientLayer } from '../../src/index.ts';
import { EchoService } from './echo-service.ts';
import type { Stage } from './stages.ts';
import { frames, stages } from './stages.ts';

/** Real HTTP/1.1 in memory. */
export const http1Stage: Stage = {
  name: 'HTTP/1.1 in memory',
  open(service, { clock, onError = () => {} } = {}) {
    const timing = clock === undefined ? {} : { clock };
    const server = httpServerLayer({ onError, ...timing })(service);
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
    const client = createHttpClient({ connector, ...timing });
    return {
      service: client,
      vanish() {
        for (const { stream } of nearEnds) stream.destroy(new Error('the machine is gone'));
      },
      close: () => client.close(),
    };
  },
};

/** A protocol of calls: what a client's requests go through. */
export const clientLayers: readonly [name: string, layer: Layer<HttpRequest, HttpResponse>][] = [
  ['gRPC-Web', grpcWebClientLayer()],
  ['gRPC-Web as text', grpcWebClientLayer({ isText: true })],
  ['Connect', connectClientLayer(EchoService)],
];

/** Every protocol but gRPC itself, on every way. */
export const protocolStages: readonly Stage[] = [
  ...stages.filter(({ name }) => name !== frames.name),
  frames,
  http1Stage,
].flatMap((stage) =>
  clientLayers.map(
    ([protocol, layer]): Stage => ({
      name: `${protocol}, ${stage.name}`,
      open(service, options) {
        const open = stage.open(service, options);
        return { ...open, service: layer(open.service) };
      },
    }),
  ),
);
