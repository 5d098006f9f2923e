import type { HttpClient, HttpRequest, HttpResponse, InformationalResponse } from '@lamella/http';
import { createHttpClient, decompressionLayer, http1, via } from '@lamella/http';
import type { Service } from '@lamella/service-core';
import { TimeoutError } from '@lamella/service-core';
import { CliError, EXIT } from '../cli-error.ts';
import type { FormField } from './form-part.ts';
import { openOutput } from './output.ts';
import { proxyUrl } from './proxy-url.ts';
import type { DataPart } from './request-content.ts';
import { requestContent } from './request-content.ts';
import { typedHeader } from './request-headers.ts';
import { resolveConnector } from './resolve-connector.ts';
import type { SendPlan } from './send-following.ts';
import { sendFollowing } from './send-following.ts';
import { targetUrl } from './target-url.ts';
import { traced } from './traced-connector.ts';
import { tracedProtocol } from './traced-protocol.ts';
import type { Transcript } from './verbose.ts';
import { responseLines, silentTranscript, verboseTranscript } from './verbose.ts';

/** What the options of `send` say; times in milliseconds. */
export interface SendOptions {
  readonly request?: string;
  readonly head?: boolean;
  readonly header?: readonly string[];
  readonly data?: readonly DataPart[];
  readonly dataBinary?: readonly DataPart[];
  readonly dataRaw?: readonly DataPart[];
  readonly json?: readonly string[];
  readonly form?: readonly FormField[];
  readonly formString?: readonly FormField[];
  readonly compressed?: boolean;
  readonly uploadFile?: string;
  readonly user?: string;
  readonly location?: boolean;
  readonly maxRedirs: number;
  readonly fail?: boolean;
  readonly output?: string;
  readonly include?: boolean;
  readonly verbose?: boolean;
  readonly silent?: boolean;
  readonly showError?: boolean;
  readonly proxy?: string;
  readonly proxyUser?: string;
  readonly maxTime?: number;
  readonly connectTimeout: number;
  readonly resolve?: readonly string[];
}

/** Sends a request and writes the response to where it shall go. @throws CliError, or what the request failed with. */
export async function send(url: string, options: SendOptions): Promise<void> {
  const transcript = options.verbose
    ? verboseTranscript((line) => void process.stderr.write(`${line}\n`, 'latin1'))
    : silentTranscript;
  const heads: string[] = [];
  const { onHead, ...plan } = planOf(url, options, transcript, heads);
  const client = clientFor(options, transcript);
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

interface OwnPlan extends Omit<SendPlan, 'signal'> {
  /** Hears of the head of every response, interim ones and redirects included, as it came. */
  readonly onHead: (response: HttpResponse | InformationalResponse) => void;
}

function planOf(url: string, options: SendOptions, transcript: Transcript, heads: string[]): OwnPlan {
  const { target, credentials } = targetUrl(url);
  const { json = [], uploadFile } = options;
  const data = options.data ?? options.dataBinary ?? options.dataRaw ?? []; // all the same list
  const form = options.form ?? options.formString ?? []; // likewise
  const content = requestContent({ data, json, form, uploadFile });
  if (options.head && content !== undefined) throw new CliError('use either -I or content', EXIT.usage);
  const onHead: OwnPlan['onHead'] = (response) => {
    transcript.received(response);
    if (options.include || options.head) heads.push(`${responseLines(response).join('\r\n')}\r\n\r\n`);
  };
  return {
    target: content?.fileName ? withFileName(target, content.fileName) : target,
    method: options.request ?? (options.head ? 'HEAD' : (content?.method ?? 'GET')),
    headers: (options.header ?? []).map(typedHeader),
    credentials: options.user ?? credentials,
    isCompressed: options.compressed ?? false,
    content,
    maxRedirects: options.location ? options.maxRedirs : undefined,
    onHead,
    onInterim: onHead,
    onRedirect: (next) => transcript.note(`Following the redirect to ${next}`),
  };
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

/** A path that ends with a slash is a folder, in which the file gets its name. */
function withFileName(target: string, fileName: string): string {
  return target.replace(/^[^?]*\/(?=\?|$)/, (folder) => `${folder}${encodeURIComponent(fileName)}`);
}

/** A client for one request. How long that may take is for `--max-time` to say, and for nobody else. */
function clientFor(options: SendOptions, transcript: Transcript): HttpClient {
  const protocol = http1({
    timeouts: { responseHeadTimeoutMs: FOREVER, bodyTimeoutMs: FOREVER, writeTimeoutMs: FOREVER },
    bodyIdleTimeoutMs: FOREVER,
  });
  return createHttpClient({
    connector: traced(resolveConnector(options.resolve ?? [], options.connectTimeout), transcript.note),
    protocols: [tracedProtocol(protocol, transcript.sent)],
    acquireTimeoutMs: FOREVER,
    ...(options.proxy ? { proxy: via(proxyUrl(options.proxy, options.proxyUser)) } : {}),
  });
}

function deadlineOf(timeoutMs: number | undefined): { readonly signal: AbortSignal; cancel(): void } {
  const controller = new AbortController();
  if (timeoutMs === undefined) return { signal: controller.signal, cancel() {} };
  const error = new TimeoutError({ limit: '--max-time', timeoutMs });
  const timer = setTimeout(() => controller.abort(error), timeoutMs);
  return { signal: controller.signal, cancel: () => clearTimeout(timer) };
}

const FOREVER = Number.POSITIVE_INFINITY;
