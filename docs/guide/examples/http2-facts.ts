import type { HttpRequest as Request } from '@lamella/http';
import { createHttpClient, HttpResponse, requests } from '@lamella/http';
import { Http2Client, Http2StreamId, http2, http2ServerLayer } from '@lamella/http2';
import { memoryNetwork, serveListener } from '@lamella/net-core';
import { createLifecycle, serviceFn, stack } from '@lamella/service-core';

const lifecycle = createLifecycle();
const network = memoryNetwork();
const app = serviceFn(({ extensions }: Request) =>
  HttpResponse.text(`stream ${extensions.get(Http2StreamId)}, ${extensions.get(Http2Client)?.akamaiFingerprint}`),
);
void serveListener(network.listen('app.test:80'), stack(http2ServerLayer({ lifecycle }), app), { lifecycle });

const protocol = http2({
  pseudoHeaderOrder: ['method', 'authority', 'scheme', 'path'],
  settingsOrder: ['headerTableSize', 'enablePush', 'initialWindowSize', 'maxHeaderListSize'],
  limits: { headerTableBytes: 65_536, maxHeaderListBytes: 262_144 },
});
const client = createHttpClient({ connector: network.connector(), protocols: [protocol], lifecycle });
for (let call = 1; call <= 2; call++) console.log(await requests(client).get('http://app.test/').asText());
await lifecycle.drain();
