import type { HttpRequest, HttpResponse } from '@lamella/http';
import { decompressionLayer, replayBodyLayer } from '@lamella/http';
import type { Layer, Service } from '@lamella/service-core';
import type { OwnPlan } from './plan-of.ts';
import type { ResponseHeads } from './response-heads.ts';
import type { SendRetries } from './send-retries.ts';

/** What stands between whoever follows redirects and the client. */
export interface SendLayersInit {
  readonly plan: Pick<OwnPlan, 'method' | 'isCompressed' | 'onHead'>;
  readonly heads: ResponseHeads;
  /** `undefined`: there are none. */
  readonly retries: SendRetries | undefined;
  readonly cookies: Layer<HttpRequest, HttpResponse> | undefined;
  readonly recording: Layer<HttpRequest, HttpResponse> | undefined;
}

/**
 * Puts the layers of `send` around its client.
 *
 * @remarks
 * Inside of the retries, every attempt has the cookies of that moment, and is an exchange of the recording, with its cookies and with
 * content that is decoded already. Heads are told as they came.
 */
export function sendLayers(
  client: Service<HttpRequest, HttpResponse>,
  init: SendLayersInit,
): Service<HttpRequest, HttpResponse> {
  const { plan, heads, retries } = init;
  let service = tellingHeads(client, plan.onHead);
  if (plan.isCompressed) service = decompressionLayer()(service);
  if (init.recording !== undefined) service = init.recording(service);
  if (init.cookies !== undefined) service = init.cookies(service);
  if (retries !== undefined) {
    const retrying = retries.layer([plan.method, 'GET']); // a redirect may make it GET
    service = replayBodyLayer({ maxBytes: MAX_REPLAY_BYTES })(retrying(service));
  }
  return {
    serve(request) {
      heads.mark();
      return service.serve(request);
    },
  };
}

/** Below everything that changes responses. */
function tellingHeads(
  client: Service<HttpRequest, HttpResponse>,
  onHead: OwnPlan['onHead'],
): Service<HttpRequest, HttpResponse> {
  return {
    async serve(request) {
      const response = await client.serve(request);
      onHead(response);
      return response;
    },
  };
}

/** Of content that can't be made again. */
const MAX_REPLAY_BYTES = 1024 * 1024;
