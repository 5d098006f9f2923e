import { HttpRequest, HttpResponse } from '@lamella/http';
import { MatchedRoute, router } from '@lamella/web';

const users = router()
  .get('/', () => HttpResponse.text('all of one user'))
  .get('/files/*path', (request, { path }) => {
    return HttpResponse.text(`${path} by ${request.extensions.get(MatchedRoute)}`);
  });

const app = router()
  .get('/items/new', () => HttpResponse.text('the form'))
  .get('/items/:id', (_request, { id }) => HttpResponse.text(`item ${id}`))
  .mount('/users/:user', users);

for (const [method, target] of [
  ['GET', '/items/new'],
  ['GET', '/items/%6Eew'], // the same path, spelled otherwise
  ['GET', '/items/a%2Fb'], // an encoded slash splits nothing
  ['GET', '/users/ann/files/a/b.txt'],
  ['PUT', '/items/5'],
  ['GET', '/items/../secret'],
  ['GET', '//items/5'],
] as const) {
  console.log(method, target, '->', await told(await app.serve(HttpRequest.from({ method, target }))));
}

async function told(response: HttpResponse): Promise<string> {
  const allow = response.headers.get('allow');
  if (allow !== undefined) return `${response.status}, Allow: ${allow}`;
  return response.status === 200 ? response.body.text() : String(response.status);
}
