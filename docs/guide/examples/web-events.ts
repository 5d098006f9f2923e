import { HttpRequest } from '@lamella/http';
import { directClientOn } from '@lamella/http/testing';
import { createLifecycle } from '@lamella/service-core';
import { healthService, lastEventId, router, sseEvents, sseResponse } from '@lamella/web';

async function* ticks(after: number) {
  for (let id = after + 1; id <= after + 2; id++) yield { id: String(id), data: `tick ${id}` };
}

const lifecycle = createLifecycle();
const app = router()
  .get('/events', (request) => sseResponse(ticks(Number(lastEventId(request) ?? 0)), { retryMs: 1 }))
  .mount('/', healthService({ lifecycle, checks: { database: async () => true } }));

// Each connection gives two events, then ends: the client comes back behind the last one.
const client = directClientOn(app);
for await (const { id, data } of sseEvents(client, HttpRequest.from({ target: 'http://app.test/events' }))) {
  console.log(data);
  if (id === '5') break;
}

const readiness = async () => (await client.serve(HttpRequest.from({ target: 'http://app.test/readyz' }))).status;
console.log('ready:', await readiness());
const drained = lifecycle.drain({ preDrainMs: 10 });
console.log('draining:', await readiness());
await drained;
