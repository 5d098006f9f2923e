import type { HttpResponse, InformationalResponse } from '@lamella/http';
import { HttpBody, HttpRequest } from '@lamella/http';
import type { Service } from '@lamella/service-core';
import { CliError, EXIT } from '../cli-error.ts';
import { isSameOrigin, redirectOf } from './redirect.ts';
import type { RequestContent } from './request-content.ts';
import type { TypedHeader } from './request-headers.ts';
import { asksForChunks, requestHeaders } from './request-headers.ts';

/** What to send. */
export interface SendPlan {
  /** A whole URL. */
  readonly target: string;
  readonly method: string;
  /** Header lines as typed. */
  readonly headers: readonly TypedHeader[];
  /** `name:password` for the origin. */
  readonly credentials: string | undefined;
  /** Cookies for the origin, as a field value. */
  readonly cookies: string | undefined;
  /** Whether compressed content is asked for. */
  readonly isCompressed: boolean;
  readonly content: RequestContent | undefined;
  /** Most redirects to follow; `undefined`: they are responses like others. */
  readonly maxRedirects: number | undefined;
  readonly signal: AbortSignal;
  /** Hears of the head of every interim response. */
  readonly onInterim: (response: InformationalResponse) => void;
  /** Hears of every redirect that is followed. */
  readonly onRedirect: (target: string) => void;
}

/** Sends a request, and follows redirects if that is asked for. @returns The response, whose body is still to come. */
export async function sendFollowing(client: Service<HttpRequest, HttpResponse>, plan: SendPlan): Promise<HttpResponse> {
  let step: Step = plan;
  for (let redirects = 0; ; redirects++) {
    const response = await client.serve(requestOf(plan, step));
    if (plan.maxRedirects === undefined) return response;
    const redirect = redirectOf(response, step.method, step.target);
    if (redirect === undefined) return response;
    response.body.cancel();
    if (redirects === plan.maxRedirects) {
      throw new CliError(`more than ${plan.maxRedirects} redirects`, EXIT.tooManyRedirects);
    }
    plan.onRedirect(redirect.target);
    const { target, method } = redirect;
    step = { target, method, content: redirect.keepsContent ? step.content : undefined };
  }
}

/** The request that it begins with. */
export function firstRequest(plan: SendPlan): HttpRequest {
  return requestOf(plan, plan);
}

interface Step {
  readonly target: string;
  readonly method: string;
  readonly content: RequestContent | undefined;
}

function requestOf(plan: SendPlan, step: Step): HttpRequest {
  const content = step.content?.open();
  return HttpRequest.from({
    method: step.method,
    target: step.target,
    headers: requestHeaders({
      typed: plan.headers,
      credentials: plan.credentials,
      cookies: plan.cookies,
      isCompressed: plan.isCompressed,
      content: content?.headers ?? [],
      hasLostContent: step.content !== plan.content,
      isSameOrigin: isSameOrigin(step.target, plan.target),
    }),
    body: content === undefined ? HttpBody.empty : framed(content.body, plan.headers),
    signal: plan.signal,
    onInformational: plan.onInterim,
  });
}

/** A body that does not say how long it is goes in chunks. */
function framed(body: HttpBody, typed: readonly TypedHeader[]): HttpBody {
  return asksForChunks(typed) && !body.isEmpty ? HttpBody.fromSource(body) : body;
}
