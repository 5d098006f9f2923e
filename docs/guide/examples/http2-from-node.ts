import { once } from 'node:events';
import { connect } from 'node:http2';
import type { HttpRequest as Request } from '@lamella/http';
import { HttpHeaders, HttpResponse } from '@lamella/http';
import { http2ServerLayer } from '@lamella/http2';
import { formatAddress, serveListener } from '@lamella/net-core';
import { listenTcp } from '@lamella/net-tcp';
import { createLifecycle, serviceFn, stack } from '@lamella/service-core';

const lifecycle = createLifecycle();

// What was server.on('stream', (stream, headers) => { ... }).
const app = serviceFn(async ({ method, path, body, onInformational }: Request) => {
  onInformational?.({ status: 103, reason: '', headers: HttpHeaders.from({ Link: '</style.css>; rel=preload' }) });
  return HttpResponse.text(`${method} ${path} with ${(await body.bytes({ maxBytes: 1_000_000 })).length} bytes`);
});
const listener = await listenTcp();
void serveListener(listener, stack(http2ServerLayer({ lifecycle }), app), { lifecycle });

// Clients of node:http2 go on as they are.
const session = connect(`http://${formatAddress(listener.address)}`);
const stream = session.request({ ':method': 'POST', ':path': '/orders' });
stream.on('headers', (headers) => console.log(headers[':status'], headers['link']));
stream.end('tea');
stream.setEncoding('utf8');
const [head] = await once(stream, 'response');
console.log(head[':status'], (await stream.toArray()).join(''));
session.close();
await lifecycle.drain();
