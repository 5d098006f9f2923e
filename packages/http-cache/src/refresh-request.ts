import { ClientAddress, ForwardedFacts, HttpBody, HttpRequest, RequestContext } from '@lamella/http';
import type { AbortScope } from '@lamella/service-core';

/** Asks for the same again, for a task of its own: it outlives the request that caused it. */
export function refreshRequest(request: HttpRequest, parent: AbortScope): HttpRequest {
  const { method, target, version, headers } = request;
  const again = new HttpRequest({
    method: method === 'HEAD' ? 'GET' : method,
    target,
    version,
    headers: headers.clone(),
    body: HttpBody.empty,
    onInformational: undefined,
    context: new RequestContext({ parent }),
  });
  // Who asks, and whether by TLS, may decide what is answered: it is asked for as it was.
  const { extensions } = request;
  if (extensions.ingress !== undefined) again.extensions.link('ingress', extensions.ingress);
  const client = extensions.get(ClientAddress);
  if (client !== undefined) again.extensions.insert(ClientAddress, client);
  const forwarded = extensions.get(ForwardedFacts);
  if (forwarded !== undefined) again.extensions.insert(ForwardedFacts, forwarded);
  return again;
}
