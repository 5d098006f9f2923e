import { createHttpClient, HttpRequest, HttpResponse, httpServerLayer } from '@lamella/http';
import { serveListener } from '@lamella/net-core';
import { listenTcp, socketConnector } from '@lamella/net-tcp';
import { httpClientTelemetryLayer, httpServerTelemetryLayer } from '@lamella/otel/http';
import { startTelemetry } from '@lamella/otel/node';
import { createLifecycle, serviceFn, stack } from '@lamella/service-core';

async function main() {
  // The server and the client come first: no order counts.
  const app = stack(
    httpServerTelemetryLayer({ routeOf: () => '/hello' }),
    serviceFn(() => HttpResponse.text('hello')),
  );
  const listener = await listenTcp({ host: '127.0.0.1', port: 0 });
  void serveListener(listener, stack(httpServerLayer(), app));
  const client = createHttpClient({ connector: socketConnector() });
  const traced = httpClientTelemetryLayer()(client);

  const lifecycle = createLifecycle();
  await startTelemetry({ serviceName: 'consumer', lifecycle });
  const target = `http://127.0.0.1:${listener.address.port}/hello`;
  const response = await traced.serve(HttpRequest.from({ target }));
  console.log(await response.body.text());
  await client.close();
  await listener.close();
  await lifecycle.drain();
}

main().catch((error) => {
  console.error(error);
  process.exit(1); // the server would keep the process
});
