import type { HttpRequest } from '@lamella/http';
import { HttpBody, HttpResponse } from '@lamella/http';
import type { Service } from '@lamella/service-core';
import { systemClock } from '@lamella/service-core';

/**
 * An API to stand behind the gateway: `/api/items` may be cached, `/api/me` tells who asks, `/api/echo` sends back, `/api/slow` takes
 * its time, and `/api/break` makes this server fail from then on, `/api/mend` makes it well again.
 */
export function originService(name: string): Service<HttpRequest, HttpResponse> {
  let isBroken = false;
  let answers = 0;
  return {
    async serve({ path, method, headers, body, query }) {
      answers++;
      if (path === '/api/break' || path === '/api/mend') {
        if (method !== 'POST') return HttpResponse.from({ status: 405, headers: { Allow: 'POST' } });
        isBroken = path === '/api/break';
        return HttpResponse.json({ origin: name, isBroken });
      }
      if (isBroken) return HttpResponse.text('broken\n', { status: 503 });
      if (path === '/healthz') return HttpResponse.text('well\n');
      if (path === '/api/items') {
        return HttpResponse.json({ origin: name, answers, items: ITEMS }, { headers: PUBLIC });
      }
      if (path === '/api/me') {
        const seen = { user: headers.get('x-user'), via: headers.get('via'), hasKey: headers.has('authorization') };
        return HttpResponse.json(seen, NEVER);
      }
      if (path === '/api/echo' && method === 'POST') {
        const type = headers.get('content-type') ?? 'application/octet-stream';
        return HttpResponse.from({ body, headers: { 'Content-Type': type } });
      }
      if (path === '/api/slow') return HttpResponse.from({ body: HttpBody.from(slowly(secondsOf(query))), ...NEVER });
      return HttpResponse.json({ error: 'no such thing' }, { status: 404 });
    },
  };
}

async function* slowly(seconds: number): AsyncGenerator<string> {
  for (let second = 1; second <= seconds; second++) {
    yield `${second}\n`;
    await new Promise<void>((resolve) => systemClock.startTimer(1_000, resolve));
  }
  yield 'done\n';
}

function secondsOf(query: string | undefined): number {
  const seconds = Number(new URLSearchParams(query).get('seconds') ?? 3);
  return seconds >= 0 && seconds <= 60 ? seconds : 3;
}

// The list is the same for all, so it may be shared although credentials were asked for (RFC 9111 section 3.5).
const PUBLIC = { 'Cache-Control': 'public, max-age=5' };
const NEVER = { headers: { 'Cache-Control': 'no-store' } };
const ITEMS = Array.from({ length: 100 }, (_, id) => ({ id, title: `item ${id}` }));
