// Several processes on one port, replaced one by one without losing a request: the primary of node:cluster.
// Says `ready PORT`, replaces all workers when it gets a line, and says `replaced` then.
import cluster from 'node:cluster';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { HttpResponse, httpServerLayer } from '@lamella/http';
import { serveListener } from '@lamella/net-core';
import { drainOnSignal, listenTcp } from '@lamella/net-tcp';
import { createLifecycle } from '@lamella/service-core';

const COUNT = 4;

async function primary(): Promise<void> {
  const port = process.argv[2] ?? '0';
  const start = async () => {
    const worker = cluster.fork({ PORT: port });
    await once(worker, 'listening');
    return worker;
  };
  let workers = await Promise.all(Array.from({ length: COUNT }, start));
  console.log(`ready ${port}`);
  for await (const _line of createInterface({ input: process.stdin })) {
    const next: typeof workers = [];
    for (const old of workers) {
      // The new one listens before the old one is told to go: there is always somebody.
      next.push(await start());
      const exited = once(old, 'exit');
      old.process.kill('SIGTERM');
      await exited;
    }
    workers = next;
    console.log('replaced');
  }
  for (const worker of workers) worker.process.kill('SIGTERM');
}

async function worker(): Promise<void> {
  const lifecycle = createLifecycle();
  const listener = await listenTcp({
    port: Number(process.env['PORT']),
    maxConnectionsPerPeer: Number.POSITIVE_INFINITY,
  });
  const service = {
    serve: async (request: { body: { text(): Promise<string> } }) =>
      HttpResponse.text(`${process.pid} ${await request.body.text()}`),
  };
  const served = serveListener(listener, httpServerLayer({ lifecycle })(service), { lifecycle });
  // For a moment both answer, and connections that are kept learn by `Connection: close` that they should go elsewhere.
  await drainOnSignal(lifecycle, { preDrainMs: 2_500, graceMs: 30_000 });
  await served;
  cluster.worker?.disconnect(); // once the primary hands nothing over any more; its channel would keep the process alive
}

await (cluster.isPrimary ? primary() : worker());
