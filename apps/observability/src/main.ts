// A gateway, two services behind it, and a collector that shows what they do: four servers in one process, each on a port of its own.
// The stacks read from top to bottom; what stands first is outermost.
import { grpcClient, grpcService } from '@lamella/grpc';
import type { HttpRequest, HttpResponse } from '@lamella/http';
import { createHttpClient, http1, httpRetryLayer } from '@lamella/http';
import { autoServerLayer, http2 } from '@lamella/http2';
import { timeoutLayer } from '@lamella/layers';
import { formatAddress, serveListener } from '@lamella/net-core';
import { drainOnSignal, listenTcp, tcpConnector } from '@lamella/net-tcp';
import { observeResources } from '@lamella/otel';
import { grpcClientTelemetryLayer, grpcServerTelemetryLayer } from '@lamella/otel/grpc';
import { httpClientTelemetryLayer, httpServerTelemetryLayer } from '@lamella/otel/http';
import { otlpOverHttp } from '@lamella/otel/otlp';
import { otlpOverGrpc } from '@lamella/otel/otlp-grpc';
import type { Lifecycle, Service } from '@lamella/service-core';
import { createLifecycle, stack, systemClock } from '@lamella/service-core';
import { problemLayer } from '@lamella/web';
import { collectorService } from './collector/collector-service.ts';
import { loadMaker } from './load.ts';
import { logDrain, logDraining, logFailure } from './log.ts';
import { settingsFrom } from './settings.ts';
import { offersService } from './shop/offers-service.ts';
import { pricesService } from './shop/prices-service.ts';
import { Stock, stockService } from './shop/stock-service.ts';
import { serviceTelemetry } from './telemetry.ts';
import { printWelcome } from './welcome.ts';

const lifecycle = createLifecycle(); // of the shop
const afterwards = createLifecycle(); // of the collector, which shall hear of the end of the shop

async function serve(port: number, service: Service<HttpRequest, HttpResponse>, life: Lifecycle): Promise<string> {
  const listener = await listenTcp({ port });
  const server = stack(autoServerLayer({ lifecycle: life, onError: logFailure }), service);
  void serveListener(listener, server, { lifecycle: life });
  return `http://${formatAddress(listener.address)}`;
}

async function main(): Promise<void> {
  const settings = settingsFrom(process.env);
  const connector = tcpConnector();
  const byHttp1 = createHttpClient({ connector, protocols: [http1()], lifecycle });
  const byHttp2 = createHttpClient({ connector, protocols: [http2()], lifecycle });
  const exporting = createHttpClient({ connector, protocols: [http2()], lifecycle: afterwards });

  // The load is made when the page asks for it, and the gateway stands by then.
  let makeLoad = (_kind: string): void => {};
  const collector = collectorService({ clock: systemClock, makeLoad: (kind) => makeLoad(kind) });
  const collectorUrl = await serve(settings.port, collector, afterwards);

  // Two of them export over HTTP, the third over gRPC; all by a client of Lamella.
  const httpWay = otlpOverHttp(exporting, { url: collectorUrl, compression: 'gzip' });
  const ofGateway = await serviceTelemetry('gateway', httpWay);
  const ofPrices = await serviceTelemetry('prices', httpWay);
  const ofStock = await serviceTelemetry('stock', otlpOverGrpc(exporting, { url: collectorUrl }));
  observeResources(ofGateway.meterProvider.getMeter('observability')); // what is open in this process

  const prices = stack(httpServerTelemetryLayer(ofPrices), pricesService(systemClock));
  const pricesUrl = await serve(0, prices, lifecycle);

  const stock = grpcService([stockService(systemClock)], {
    layers: [grpcServerTelemetryLayer(ofStock)],
    onError: logFailure,
  });
  const stockUrl = await serve(0, stock, lifecycle);

  const gateway = stack(
    httpServerTelemetryLayer(ofGateway), // a span for each request, whatever becomes of it
    problemLayer({ onError: () => {} }), // the traces tell of what failed
    timeoutLayer({ timeoutMs: 5_000 }),
    offersService({
      pricesUrl,
      prices: stack(
        httpRetryLayer({ maxAttempts: 2 }),
        httpClientTelemetryLayer(ofGateway), // inside of retries: a span for each attempt
        byHttp1,
      ),
      stock: grpcClient(byHttp2, Stock, {
        url: stockUrl,
        defaultTimeoutMs: 1_000,
        layers: [grpcClientTelemetryLayer({ ...ofGateway, url: stockUrl })],
      }),
    }),
  );
  const gatewayUrl = await serve(settings.gatewayPort, gateway, lifecycle);
  makeLoad = loadMaker({ client: byHttp1, gateway: gatewayUrl, clock: systemClock, lifecycle });

  printWelcome(collectorUrl, gatewayUrl);
  logDrain(await drainOnSignal(lifecycle, { onDrain: logDraining }));
  await Promise.all([ofGateway, ofPrices, ofStock].map(({ shutdown }) => shutdown()));
  await afterwards.drain({ graceMs: 0 });
}

main().catch(async (error: unknown) => {
  console.error(`observability: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
  await Promise.all([lifecycle.drain({ graceMs: 0 }), afterwards.drain({ graceMs: 0 })]);
});
