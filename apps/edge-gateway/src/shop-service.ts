import type { HttpRequest } from '@lamella/http';
import { HttpResponse } from '@lamella/http';
import type { Lifecycle, Service } from '@lamella/service-core';
import { systemClock } from '@lamella/service-core';
import { sseResponse } from '@lamella/web';
import { webSocketService } from '@lamella/ws';

/** A page with fifty tiles, events at /events, and a WebSocket at /chat that says everything again. */
export function shopService(lifecycle: Lifecycle): Service<HttpRequest, HttpResponse> {
  const chat = webSocketService({
    lifecycle,
    async onConnection(socket) {
      for await (const message of socket) await socket.send(message);
    },
  });
  return {
    async serve(request) {
      const { path } = request;
      if (path === '/') return typed('text/html; charset=utf-8', PAGE);
      if (path === '/events') return sseResponse(ticks());
      if (path === '/chat') return chat.serve(request);
      const tile = /^\/tiles\/([0-9]{1,2})\.svg$/.exec(path)?.[1];
      return tile === undefined
        ? HttpResponse.text('no such thing\n', { status: 404 })
        : typed('image/svg+xml', svg(tile));
    },
  };
}

async function* ticks() {
  for (let count = 1; ; count++) {
    yield { id: String(count), data: `tick ${count}` };
    await new Promise<void>((resolve) => systemClock.startTimer(1_000, resolve));
  }
}

function typed(type: string, body: string): HttpResponse {
  return HttpResponse.from({ headers: { 'Content-Type': type, 'Cache-Control': 'no-store' }, body });
}

function svg(number: string): string {
  const fill = `hsl(${Number(number) * 7} 60% 60%)`;
  return `<svg xmlns="http://www.w3.org/2000/svg" width="40" height="40"><rect width="40" height="40" fill="${fill}"/></svg>`;
}

const TILES = Array.from({ length: 50 }, (_each, index) => `<img src="/tiles/${index}.svg" alt="">`).join('');
const PAGE = `<!doctype html><meta charset="utf-8"><title>Shop</title><h1>Shop</h1><p id="tick">no event yet</p><p id="chat">not said yet</p>
${TILES}
<script>
new EventSource('/events').onmessage = ({ data }) => { tick.textContent = data; };
const socket = new WebSocket('wss://' + location.host + '/chat');
socket.onopen = () => socket.send('hello');
socket.onmessage = ({ data }) => { chat.textContent = data; };
</script>
`;
