// A collector that takes everything by OTLP over HTTP: the only argument is the port. `spans` asks how many have come.
import { createInterface } from 'node:readline';
import { httpServerLayer } from '@lamella/http';
import { serveListener } from '@lamella/net-core';
import { listenTcp } from '@lamella/net-tcp';
import { otlpReceiver } from '@lamella/otel/receiver';

let spans = 0;
const receiver = otlpReceiver({
  traces(all) {
    for (const { scopeSpans } of all) for (const scope of scopeSpans) spans += scope.spans.length;
  },
});
const listener = await listenTcp({ port: Number(process.argv[2]), maxConnectionsPerPeer: Number.POSITIVE_INFINITY });
createInterface({ input: process.stdin }).on('line', () => console.log(String(spans)));
console.log('ready');
await serveListener(listener, httpServerLayer()(receiver));
