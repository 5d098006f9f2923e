import type { HttpClient, HttpResponse } from '@lamella/http';
import { HttpBody, HttpHeaders, HttpRequest } from '@lamella/http';
import { CliError, EXIT } from '../cli-error.ts';
import { version } from '../version.ts';
import type { RequestContent } from './request-body.ts';
import { targetUrl } from './target-url.ts';
import type { Transcript } from './verbose.ts';

/** What to send. */
export interface SendPlan {
  readonly target: string;
  readonly method: string;
  /** Header lines as typed. */
  readonly headers: readonly string[];
  /** `name:password` for the origin. */
  readonly credentials: string | undefined;
  /** `name:password` for the proxy. */
  readonly proxyCredentials: string | undefined;
  readonly content: RequestContent | undefined;
  /** Most redirects to follow. */
  readonly maxRedirects: number;
  readonly signal: AbortSignal;
  readonly transcript: Transcript;
}

/** Sends a request, and follows redirects as a browser does. RFC 9110 section 15.4. */
export async function sendFollowing(client: HttpClient, plan: SendPlan): Promise<HttpResponse> {
  let step: Step = { target: plan.target, method: plan.method, content: plan.content, isSameOrigin: true };
  for (let redirects = 0; ; redirects++) {
    const response = await sendStep(client, plan, step);
    const next = plan.maxRedirects > 0 ? nextStep(response, step, plan) : undefined;
    if (next === undefined) return response;
    if (redirects >= plan.maxRedirects) {
      response.body.cancel();
      throw new CliError(`more than ${plan.maxRedirects} redirects`, EXIT.tooManyRedirects);
    }
    response.body.cancel();
    plan.transcript.note(`Following the redirect to ${next.target}`);
    step = next;
  }
}

interface Step {
  readonly target: string;
  readonly method: string;
  readonly content: RequestContent | undefined;
  /** Whether credentials may be sent: they belong to the origin that they were given for. */
  readonly isSameOrigin: boolean;
}

async function sendStep(client: HttpClient, plan: SendPlan, step: Step): Promise<HttpResponse> {
  const request = HttpRequest.from({
    method: step.method,
    target: step.target,
    headers: headersOf(plan, step),
    body: step.content?.body.tryClone() ?? step.content?.body ?? HttpBody.empty,
    signal: plan.signal,
    onInformational: plan.transcript.informational,
  });
  plan.transcript.sent(request);
  const response = await client.serve(request);
  plan.transcript.received(response);
  return response;
}

/** 303, and 301 and 302 to POST, go on as GET without content. */
function nextStep(response: HttpResponse, step: Step, plan: SendPlan): Step | undefined {
  const location = response.headers.get('location');
  if (!REDIRECTS.has(response.status) || location === undefined) return undefined;
  const url = URL.parse(location, step.target);
  if (url === null)
    throw new CliError(`the server redirects to ${JSON.stringify(location)}, which is no URL`, EXIT.badUrl);
  const { target } = targetUrl(url.href);
  const becomesGet = response.status === 303 ? step.method !== 'HEAD' : response.status < 303 && step.method === 'POST';
  const isSameOrigin = originOf(target) === originOf(plan.target);
  return becomesGet
    ? { target, method: 'GET', content: undefined, isSameOrigin }
    : { target, method: step.method, content: step.content, isSameOrigin };
}

function headersOf(plan: SendPlan, step: Step): HttpHeaders {
  const typed = plan.headers.map(parseHeader);
  const isTyped = (name: string): boolean => typed.some((header) => header.name.toLowerCase() === name.toLowerCase());
  const headers = HttpHeaders.from();
  const addDefault = (name: string, value: string | undefined): void => {
    if (value !== undefined && !isTyped(name)) headers.append(name, value);
  };
  const { credentials, proxyCredentials } = plan;
  addDefault('Authorization', step.isSameOrigin && credentials !== undefined ? basic(credentials) : undefined);
  addDefault('Proxy-Authorization', proxyCredentials === undefined ? undefined : basic(proxyCredentials));
  addDefault('User-Agent', `lamella/${version}`);
  addDefault('Accept', '*/*');
  addDefault('Content-Type', step.content?.type);
  for (const { name, value } of typed) {
    const isPrivate = PRIVATE.has(name.toLowerCase()) && !step.isSameOrigin;
    if (value !== undefined && !isPrivate) headers.append(name, value);
  }
  return headers;
}

/** `Name: value`; `Name:` removes a default, `Name;` sends an empty value. */
function parseHeader(line: string): { readonly name: string; readonly value: string | undefined } {
  const match = /^([^:;\s]+)(?::(.*)|;)$/s.exec(line);
  if (match === null) throw new CliError(`-H ${JSON.stringify(line)}: write 'Name: value'`, EXIT.usage);
  const [, name = '', value] = match;
  if (value === undefined) return { name, value: '' };
  return { name, value: value.trim() === '' ? undefined : value };
}

function originOf(target: string): string {
  return new URL(target).origin;
}

function basic(credentials: string): string {
  const whole = credentials.includes(':') ? credentials : `${credentials}:`;
  return `Basic ${Buffer.from(whole, 'utf8').toString('base64')}`;
}

const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);
const PRIVATE: ReadonlySet<string> = new Set(['authorization', 'cookie', 'host']);
