import { HttpRequest, HttpResponse } from '@lamella/http';
import { stack } from '@lamella/service-core';
import { bodyService, jsonBody, ProblemError, problemLayer, router } from '@lamella/web';

const notes = new Map([['1', 'buy milk']]);

const app = stack(
  problemLayer(),
  router()
    .get('/notes/:id', (_request, { id }) => {
      const note = notes.get(id);
      if (note === undefined) throw new ProblemError({ status: 404, detail: `there is no note ${id}` });
      return HttpResponse.text(note);
    })
    .post(
      '/notes',
      bodyService(jsonBody({ maxBytes: 10_000 }), (note) => {
        notes.set(String(notes.size + 1), String(note));
        return HttpResponse.from({ status: 201 });
      }),
    ),
);

const headers = { 'Content-Type': 'application/json' };
for (const request of [
  HttpRequest.from({ method: 'POST', target: '/notes', headers, body: '"call Ann"' }),
  HttpRequest.from({ target: '/notes/2' }),
  HttpRequest.from({ target: '/notes/3' }),
  HttpRequest.from({ method: 'DELETE', target: '/notes/2' }),
]) {
  const response = await app.serve(request);
  console.log(response.status, await response.body.text());
}
