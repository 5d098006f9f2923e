import cluster from 'node:cluster';
import { once } from 'node:events';
import type { Connection } from '@lamella/net-core';
import { connectRequest, parseAddress, serveListener } from '@lamella/net-core';
import { drainOnSignal, listenTcp, tcpConnector } from '@lamella/net-tcp';
import { createLifecycle, serviceFn } from '@lamella/service-core';

/** A process that serves: the same program as without a cluster. */
async function worker(): Promise<void> {
  const lifecycle = createLifecycle();
  const listener = await listenTcp(); // the primary has the port; all workers listen on the same one
  const service = serviceFn(async ({ stream }: Connection) => {
    await stream.write([Buffer.from(`worker ${cluster.worker?.id}`)]);
    await stream.closeWrite();
  });
  const served = serveListener(listener, service, { lifecycle });
  await drainOnSignal(lifecycle, { graceMs: 5_000 });
  await served;
  cluster.worker?.disconnect(); // once the primary hands nothing over any more; its channel would keep the process alive
}

async function start() {
  const started = cluster.fork();
  const [{ port }] = await once(started, 'listening');
  return { process: started, port: Number(port) };
}

async function ask(port: number): Promise<string> {
  const { stream } = await tcpConnector().serve(connectRequest({ target: parseAddress(`127.0.0.1:${port}`) }));
  const answer = Buffer.from((await stream.read()) ?? []).toString();
  stream.destroy();
  return answer;
}

/** Who answers, of six connections one after the other. */
async function seen(port: number): Promise<string> {
  const answers = new Set<string>();
  for (let count = 0; count < 6; count++) answers.add(await ask(port));
  return [...answers].sort().join(', ');
}

async function primary(): Promise<void> {
  const [one, two] = [await start(), await start()];
  console.log(await seen(one.port));

  // The new one listens before the old one is told to go: there is always somebody.
  const three = await start();
  const gone = once(one.process, 'exit');
  one.process.process.kill('SIGTERM');
  await gone;
  console.log(await seen(one.port));

  for (const { process } of [two, three]) process.process.kill('SIGTERM');
}

await (cluster.isPrimary ? primary() : worker());
