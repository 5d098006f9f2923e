import type { HttpClient, HttpRequest, HttpResponse } from '@lamella/http';
import { decompressionLayer } from '@lamella/http';
import type { Service } from '@lamella/service-core';
import { TimeoutError } from '@lamella/service-core';
import { CliError, EXIT } from '../cli-error.ts';
import { toSendError } from './exit-code.ts';
import { openOutput } from './output.ts';
import type { OwnPlan } from './plan-of.ts';
import { planOf } from './plan-of.ts';
import type { ProxyChoice } from './proxy-choice.ts';
import { proxyChoice } from './proxy-choice.ts';
import { sendClient } from './send-client.ts';
import { sendFollowing } from './send-following.ts';
import type { SendOptions } from './send-options.ts';
import { silentTranscript, verboseTranscript } from './verbose.ts';

/** Sends a request and writes the response to where it shall go. @throws CliError with the exit code of curl. */
export async function send(url: string, options: SendOptions): Promise<void> {
  let proxies: ProxyChoice | undefined;
  try {
    proxies = proxyChoice(options, process.env);
    await sendBy(proxies, url, options);
  } catch (error) {
    throw toSendError(error, { ...options, isProxied: proxies?.isProxied ?? false });
  }
}

async function sendBy(proxies: ProxyChoice, url: string, options: SendOptions): Promise<void> {
  const transcript = options.verbose
    ? verboseTranscript((line) => void process.stderr.write(`${line}\n`, 'latin1'))
    : silentTranscript;
  const heads: string[] = [];
  const { onHead, ...plan } = planOf(url, options, transcript, heads);
  const { resolve = [], connectTimeout: connectTimeoutMs } = options;
  const client = sendClient({ resolve, connectTimeoutMs, proxy: proxies.select, transcript });
  const told = tellingHeads(client, onHead);
  const service = options.compressed ? decompressionLayer()(told) : told;
  const deadline = deadlineOf(options.maxTime);
  try {
    const response = await sendFollowing(service, { ...plan, signal: deadline.signal });
    const { status, reason, body } = response;
    if (options.fail && status >= 400) throw new CliError(`the server answered ${status} ${reason}`, EXIT.httpError);
    const output = openOutput(options.output, options.silent !== true, body.size);
    if (heads.length > 0) await output.write(Buffer.from(heads.join(''), 'latin1'));
    for await (const chunk of body) await output.write(chunk);
    if (body.trailers !== undefined) transcript.trailers(body.trailers);
    await output.close();
  } finally {
    deadline.cancel();
    client.destroy();
  }
}

/** Below everything that changes responses. */
function tellingHeads(client: HttpClient, onHead: OwnPlan['onHead']): Service<HttpRequest, HttpResponse> {
  return {
    async serve(request) {
      const response = await client.serve(request);
      onHead(response);
      return response;
    },
  };
}

function deadlineOf(timeoutMs: number | undefined): { readonly signal: AbortSignal; cancel(): void } {
  const controller = new AbortController();
  if (timeoutMs === undefined) return { signal: controller.signal, cancel() {} };
  const error = new TimeoutError({ limit: '--max-time', timeoutMs });
  const timer = setTimeout(() => controller.abort(error), timeoutMs);
  return { signal: controller.signal, cancel: () => clearTimeout(timer) };
}
