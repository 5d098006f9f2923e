// A server of gRPC: argument 1 is its kind (lamella, pass-through with 5 layers around it, grpc-js), 2 the port.
import type { ServerDuplexStream, ServerUnaryCall, ServerWritableStream, sendUnaryData } from '@grpc/grpc-js';
import { Server, ServerCredentials } from '@grpc/grpc-js';
import { grpcService, implementService } from '@lamella/grpc';
import { http2ServerLayer } from '@lamella/http2';
import { serveListener } from '@lamella/net-core';
import { listenTcp } from '@lamella/net-tcp';
import { Bench, REPEATS } from './grpc-bench-service.ts';
import { passThrough } from './layers.ts';

const [, , kind = '', port = '0'] = process.argv;

async function serveLamella(): Promise<void> {
  const service = grpcService([
    implementService(Bench, {
      echo: async (message) => message,
      async *repeat(message) {
        for (let count = 0; count < REPEATS; count++) yield message;
      },
      async *chat(messages) {
        for await (const message of messages) yield message;
      },
    }),
  ]);
  const options = { port: Number(port), maxConnectionsPerPeer: Number.POSITIVE_INFINITY };
  const listener = await listenTcp(options);
  console.log('ready');
  await serveListener(listener, http2ServerLayer()(kind === 'pass-through' ? passThrough(service) : service));
}

function serveGrpcJs(): void {
  const server = new Server({ 'grpc.max_concurrent_streams': 1_000 });
  const same = (bytes: Buffer): Buffer => bytes;
  const codec = {
    requestSerialize: same,
    requestDeserialize: same,
    responseSerialize: same,
    responseDeserialize: same,
  };
  const path = (name: string): string => `/${Bench.typeName}/${name}`;
  const definition = {
    echo: { path: path('Echo'), requestStream: false, responseStream: false, ...codec },
    repeat: { path: path('Repeat'), requestStream: false, responseStream: true, ...codec },
    chat: { path: path('Chat'), requestStream: true, responseStream: true, ...codec },
  };
  server.addService(definition, {
    echo: (call: ServerUnaryCall<Buffer, Buffer>, done: sendUnaryData<Buffer>) => done(null, call.request),
    repeat(call: ServerWritableStream<Buffer, Buffer>) {
      let count = 0;
      const write = (): void => {
        while (count < REPEATS) {
          count++;
          if (!call.write(call.request)) {
            call.once('drain', write);
            return;
          }
        }
        call.end();
      };
      write();
    },
    chat(call: ServerDuplexStream<Buffer, Buffer>) {
      call.on('data', (message: Buffer) => {
        if (call.write(message)) return;
        call.pause();
        call.once('drain', () => call.resume());
      });
      call.on('end', () => call.end());
    },
  });
  server.bindAsync(`127.0.0.1:${port}`, ServerCredentials.createInsecure(), () => console.log('ready'));
}

if (kind === 'grpc-js') serveGrpcJs();
else await serveLamella();
