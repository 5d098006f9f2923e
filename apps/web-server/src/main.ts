// A web server in one process: files, an API and events.
// The stack reads from top to bottom; what stands first is outermost.
import { fileURLToPath } from 'node:url';
import {
  accessLogLayer,
  bodyLimitLayer,
  compressionLayer,
  conditionalLayer,
  csrfLayer,
  httpServerLayer,
  requestIdLayer,
  responseHeadersLayer,
} from '@lamella/http';
import { concurrencyLimitLayer } from '@lamella/layers';
import { serveListener } from '@lamella/net-core';
import { drainOnSignal, listenTcp } from '@lamella/net-tcp';
import { createLifecycle, stack, systemClock } from '@lamella/service-core';
import { healthLayer, problemLayer, router, sseResponse, staticFilesService } from '@lamella/web';
import { chatService } from './chat-service.ts';
import { clockEvents } from './clock-events.ts';
import { logDrain, logDraining, logFailure } from './log.ts';
import { Notes } from './notes.ts';
import { settingsFrom } from './settings.ts';
import { slowService } from './slow-service.ts';
import { printWelcome } from './welcome.ts';

const lifecycle = createLifecycle();

async function main(): Promise<void> {
  const { port, preDrainMs } = settingsFrom(process.env);
  const listener = await listenTcp({ port });

  const notes = new Notes();
  const api = router()
    .get('/notes', () => notes.list())
    .post('/notes', (request) => notes.add(request))
    .get('/notes/:id', (_request, { id }) => notes.show(id))
    .get('/clock', () => sseResponse(clockEvents(systemClock)))
    .get('/chat', chatService(lifecycle))
    .get('/slow', slowService(systemClock));

  const files = staticFilesService({
    root: fileURLToPath(new URL('../public', import.meta.url)),
    precompressed: ['br', 'gzip'],
  });

  const server = stack(
    httpServerLayer({ lifecycle, onError: logFailure }), // bytes become requests
    requestIdLayer(), // a name for each
    accessLogLayer(), // one line for each
    healthLayer({ lifecycle }), // probes are never refused
    responseHeadersLayer({ set: SAFE_HEADERS }),
    compressionLayer(), // what is not compressed beforehand
    concurrencyLimitLayer({ maxConcurrent: 1_000 }),
    csrfLayer(), // other sites send no forms here
    bodyLimitLayer({ maxBytes: 10_000 }),
    problemLayer(), // errors are answers that programs understand
    router({ fallback: files }).mount('/api', stack(conditionalLayer({ etag: 'weak' }), api)),
  );
  void serveListener(listener, server, { lifecycle });

  printWelcome(listener.address);
  logDrain(await drainOnSignal(lifecycle, { preDrainMs, onDrain: logDraining }));
}

const SAFE_HEADERS = {
  'Content-Security-Policy': "default-src 'self'",
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
};

main().catch(async (error: unknown) => {
  console.error(`web-server: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
  await lifecycle.drain({ graceMs: 0 });
});
