import type { HttpClient } from '@lamella/http';
import { createHttpClient, http1 } from '@lamella/http';
import { TimeoutError } from '@lamella/service-core';
import { CliError, EXIT } from '../cli-error.ts';
import { openOutput } from './output.ts';
import type { ProxyTarget } from './proxy-target.ts';
import { proxyTarget } from './proxy-target.ts';
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
  const { plan, proxy } = planOf(url, options, transcript, heads);
  const client = clientFor(options, proxy, transcript);
  const deadline = deadlineOf(options.maxTime);
  try {
    const response = await sendFollowing(client, { ...plan, signal: deadline.signal });
    const { status, reason, body } = response;
    if (options.fail && status >= 400) throw new CliError(`the server answered ${status} ${reason}`, EXIT.httpError);
    const output = openOutput(options.output, options.silent !== true);
    if (heads.length > 0) await output.write(Buffer.from(heads.join(''), 'latin1'));
    for await (const chunk of body) await output.write(chunk);
    if (body.trailers !== undefined) transcript.trailers(body.trailers);
    await output.close();
  } finally {
    deadline.cancel();
    client.destroy();
  }
}

function planOf(
  url: string,
  options: SendOptions,
  transcript: Transcript,
  heads: string[],
): { readonly plan: Omit<SendPlan, 'signal'>; readonly proxy: ProxyTarget | undefined } {
  const { target, credentials } = targetUrl(url);
  const { json = [], uploadFile } = options;
  const data = options.data ?? options.dataBinary ?? options.dataRaw ?? []; // all the same list
  const content = requestContent({ data, json, uploadFile });
  if (options.head && content !== undefined) throw new CliError('use either -I or content', EXIT.usage);
  const proxy = options.proxy ? proxyTarget(options.proxy) : undefined;
  const plan: Omit<SendPlan, 'signal'> = {
    target: content?.fileName ? withFileName(target, content.fileName) : target,
    method: options.request ?? (options.head ? 'HEAD' : (content?.method ?? 'GET')),
    headers: (options.header ?? []).map(typedHeader),
    credentials: options.user ?? credentials,
    proxyCredentials: proxy === undefined ? undefined : (options.proxyUser ?? proxy.credentials),
    content,
    maxRedirects: options.location ? options.maxRedirs : undefined,
    onHead(response) {
      transcript.received(response);
      if (options.include || options.head) heads.push(`${responseLines(response).join('\r\n')}\r\n\r\n`);
    },
    onRedirect: (next) => transcript.note(`Following the redirect to ${next}`),
  };
  return { plan, proxy };
}

/** A path that ends with a slash is a folder, in which the file gets its name. */
function withFileName(target: string, fileName: string): string {
  return target.replace(/^[^?]*\/(?=\?|$)/, (folder) => `${folder}${encodeURIComponent(fileName)}`);
}

/** A client for one request. How long that may take is for `--max-time` to say, and for nobody else. */
function clientFor(options: SendOptions, proxy: ProxyTarget | undefined, transcript: Transcript): HttpClient {
  const protocol = http1({
    timeouts: { responseHeadTimeoutMs: FOREVER, bodyTimeoutMs: FOREVER, writeTimeoutMs: FOREVER },
    bodyIdleTimeoutMs: FOREVER,
  });
  return createHttpClient({
    connector: traced(resolveConnector(options.resolve ?? [], options.connectTimeout), transcript.note),
    protocols: [tracedProtocol(protocol, transcript.sent)],
    acquireTimeoutMs: FOREVER,
    ...(proxy === undefined ? {} : { proxy: proxy.address }),
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
