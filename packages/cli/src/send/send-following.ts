import type { HttpClient, HttpResponse, InformationalResponse } from '@lamella/http';
import { HttpBody, HttpRequest } from '@lamella/http';
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
  /** `name:password` for the proxy. */
  readonly proxyCredentials: string | undefined;
  readonly content: RequestContent | undefined;
  /** Most redirects to follow; `undefined`: they are responses like others. */
  readonly maxRedirects: number | undefined;
  readonly signal: AbortSignal;
  /** Hears of the head of every response, interim ones and redirects included. */
  readonly onHead: (response: HttpResponse | InformationalResponse) => void;
  /** Hears of every redirect that is followed. */
  readonly onRedirect: (target: string) => void;
}

/** Sends a request, and follows redirects if that is asked for. @returns The response, whose body is still to come. */
export async function sendFollowing(client: HttpClient, plan: SendPlan): Promise<HttpResponse> {
  let step: Step = { target: plan.target, method: plan.method, content: plan.content };
  for (let redirects = 0; ; redirects++) {
    const response = await sendStep(client, plan, step);
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

interface Step {
  readonly target: string;
  readonly method: string;
  readonly content: RequestContent | undefined;
}

async function sendStep(client: HttpClient, plan: SendPlan, step: Step): Promise<HttpResponse> {
  const request = HttpRequest.from({
    method: step.method,
    target: step.target,
    headers: requestHeaders({
      typed: plan.headers,
      credentials: plan.credentials,
      proxyCredentials: plan.proxyCredentials,
      content: step.content?.headers ?? [],
      hasLostContent: step.content !== plan.content,
      isSameOrigin: isSameOrigin(step.target, plan.target),
    }),
    body: step.content === undefined ? HttpBody.empty : bodyOf(step.content, plan.headers),
    signal: plan.signal,
    onInformational: plan.onHead,
  });
  const response = await client.serve(request);
  plan.onHead(response);
  return response;
}

/** A body that does not say how long it is goes in chunks. */
function bodyOf(content: RequestContent, typed: readonly TypedHeader[]): HttpBody {
  const body = content.open();
  return asksForChunks(typed) && !body.isEmpty ? HttpBody.fromSource(body) : body;
}
