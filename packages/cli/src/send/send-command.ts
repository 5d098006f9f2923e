import { createHttpClient, http1 } from '@lamella/http';
import type { Address, Resolver } from '@lamella/net-core';
import { parseAuthority, parseIp } from '@lamella/net-core';
import { staticResolver, systemResolver, tcpConnector } from '@lamella/net-tcp';
import { TimeoutError } from '@lamella/service-core';
import { Command } from 'commander';
import { CliError, EXIT, messageOf } from '../cli-error.ts';
import { listOption, secondsOption } from '../options.ts';
import { toSendError } from './exit-code.ts';
import { openOutput } from './output.ts';
import { requestContent } from './request-body.ts';
import { sendFollowing } from './send-following.ts';
import { targetUrl } from './target-url.ts';
import { traced } from './traced-connector.ts';
import { headLines, silentTranscript, verboseTranscript } from './verbose.ts';

/** What the options of `send` say. */
interface SendOptions {
  readonly request?: string;
  readonly header: readonly string[];
  readonly data: readonly string[];
  readonly json: readonly string[];
  readonly user?: string;
  readonly output?: string;
  readonly include: boolean;
  readonly verbose: boolean;
  readonly location: boolean;
  readonly maxRedirs: string;
  readonly fail: boolean;
  readonly proxy?: string;
  readonly maxTime?: number;
  readonly connectTimeout: number;
  readonly resolve: readonly string[];
}

/** `lamella send URL`: one request, as curl would send it. */
export function sendCommand(): Command {
  return new Command('send')
    .description('send one request and print the response')
    .argument('<url>', 'where to; without a scheme http, and :8080 is this machine')
    .option('-X, --request <method>', 'method (default: GET, or POST with content)')
    .option('-H, --header <line>', "header 'Name: value', sent as written; 'Name:' removes a default", listOption, [])
    .option(
      '-d, --data <data>',
      'content as a form; @file or @- (standard input); repeats are joined by &',
      listOption,
      [],
    )
    .option('--json <data>', 'content as JSON; @file or @-', listOption, [])
    .option('-u, --user <name:password>', 'basic authentication')
    .option('-o, --output <file>', 'write the body to a file')
    .option('-i, --include', 'print the response head as well', false)
    .option('-v, --verbose', 'print what goes over the wire on the error output', false)
    .option('-L, --location', 'follow redirects', false)
    .option('--max-redirs <count>', 'most redirects to follow', '50')
    .option('-f, --fail', 'exit with 22 on a status of 400 and more', false)
    .option('-x, --proxy <url>', 'HTTP proxy, http://[name:password@]host:port')
    .option('--max-time <seconds>', 'longest time for everything', secondsOption)
    .option('--connect-timeout <seconds>', 'longest time to connect', secondsOption, 10_000)
    .option('--resolve <host:port:address>', 'use this address for a host; repeat for more', listOption, [])
    .action(async (url: string, options: SendOptions) => {
      try {
        await send(url, options);
      } catch (error) {
        throw toSendError(error);
      }
    });
}

async function send(url: string, options: SendOptions): Promise<void> {
  const { target, credentials } = targetUrl(url);
  const content = requestContent(options.data, options.json);
  const proxy = options.proxy === undefined ? undefined : proxyOf(options.proxy);
  const transcript = options.verbose ? verboseTranscript(proxy !== undefined) : silentTranscript;
  const connector = tcpConnector({ connectTimeoutMs: options.connectTimeout, resolver: resolverOf(options.resolve) });
  const client = createHttpClient({
    connector: traced(connector, transcript.note),
    protocols: [http1()],
    ...(proxy === undefined ? {} : { proxy: proxy.address }),
  });
  const deadline = deadlineOf(options.maxTime);
  try {
    const response = await sendFollowing(client, {
      target,
      method: options.request ?? (content === undefined ? 'GET' : 'POST'),
      headers: options.header,
      credentials: options.user ?? credentials,
      proxyCredentials: proxy?.credentials,
      content,
      maxRedirects: options.location ? redirectsOf(options.maxRedirs) : 0,
      signal: deadline.signal,
      transcript,
    });
    const output = openOutput(options.output);
    if (options.include) await output.write(Buffer.from(`${headLines(response).join('\r\n')}\r\n\r\n`, 'latin1'));
    const isWanted = !(options.fail && response.status >= 400);
    for await (const chunk of response.body) if (isWanted) await output.write(chunk);
    if (response.body.trailers !== undefined) transcript.trailers(response.body.trailers);
    await output.close();
    if (!isWanted) throw new CliError(`the server answered ${response.status} ${response.reason}`, EXIT.httpError);
  } finally {
    deadline.cancel();
    client.destroy();
  }
}

function deadlineOf(timeoutMs: number | undefined): { readonly signal: AbortSignal; cancel(): void } {
  const controller = new AbortController();
  if (timeoutMs === undefined) return { signal: controller.signal, cancel() {} };
  const error = new TimeoutError({ limit: '--max-time', timeoutMs });
  const timer = setTimeout(() => controller.abort(error), timeoutMs);
  return { signal: controller.signal, cancel: () => clearTimeout(timer) };
}

interface ProxyTarget {
  readonly address: Address;
  readonly credentials: string | undefined;
}

function proxyOf(text: string): ProxyTarget {
  const { target, credentials } = targetUrl(text);
  const { host, port } = parseAuthority(target.slice('http://'.length).split('/', 1)[0] ?? '');
  return { address: { type: 'tcp', host, port: port ?? 1080 }, credentials };
}

/** `host:port:address[,address]`; the port is what curl wants, and says nothing here. */
function resolverOf(entries: readonly string[]): Resolver {
  const table: Record<string, string[]> = {};
  for (const entry of entries) {
    const match = /^([^:]+):([0-9]{1,5}):(.+)$/.exec(entry);
    const [, host = '', , addresses = ''] = match ?? [];
    try {
      table[host] = addresses.split(',').map((address) => parseIp(address.replace(/^\[(.*)\]$/, '$1')).toString());
    } catch (error) {
      throw new CliError(`--resolve ${entry}: write host:port:address (${messageOf(error)})`, EXIT.usage);
    }
  }
  return staticResolver(table, systemResolver());
}

function redirectsOf(text: string): number {
  if (!/^[0-9]{1,4}$/.test(text)) throw new CliError(`--max-redirs ${text}: write a number`, EXIT.usage);
  return Number(text);
}
