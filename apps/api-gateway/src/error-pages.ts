import type { HttpRequest, HttpResponse } from '@lamella/http';
import { RequestId, reasonPhrase } from '@lamella/http';
import type { ErrorPage } from '@lamella/proxy';

/** What is said of an error, with the id under which the log has it. */
export function errorPage(request: HttpRequest, { status }: HttpResponse): ErrorPage {
  const title = reasonPhrase(status);
  const id = request.extensions.get(RequestId) ?? '-';
  return {
    html: `<!doctype html><meta charset="utf-8"><title>${status} ${title}</title><h1>${title}</h1><p>Request ${id}</p>\n`,
    json: `${JSON.stringify({ status, title, requestId: id })}\n`,
    text: `${status} ${title}; request ${id}\n`,
  };
}
