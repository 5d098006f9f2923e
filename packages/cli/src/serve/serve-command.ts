import { statSync } from 'node:fs';
import { createHttpClient, http1 } from '@lamella/http';
import { egressPolicyLayer, parseAddress } from '@lamella/net-core';
import { tcpConnector } from '@lamella/net-tcp';
import type { ProxyUser, ReverseRoute } from '@lamella/proxy';
import { basicProxyAuth, forwardProxyService, requireSafeListen } from '@lamella/proxy';
import { systemClock } from '@lamella/service-core';
import { staticFilesService } from '@lamella/web';
import { Command, Option } from 'commander';
import { CliError, EXIT, messageOf } from '../cli-error.ts';
import { httpTestService } from '../http-test/http-test-service.ts';
import {
  egressOption,
  listOption,
  portsOption,
  routesOption,
  someSecondsOption,
  usersOption,
  valueOption,
} from '../options.ts';
import { stunnelCommand } from '../stunnel/stunnel-command.ts';
import { withServerTlsOptions } from '../tls/server-tls-options.ts';
import type { UpstreamTlsSettings } from '../tls/upstream-tls.ts';
import { echoService } from './echo-service.ts';
import { grpcEchoAction } from './grpc-echo/grpc-echo-command.ts';
import { HTTP_VERSIONS } from './http-version.ts';
import { withListenOptions } from './listen-options.ts';
import type { TypedReverseSettings } from './reverse/typed-reverse.ts';
import { typedReverse } from './reverse/typed-reverse.ts';
import type { ServerOptions } from './run-server.ts';
import { runServer } from './run-server.ts';

/** `lamella serve`: servers that run until they are stopped. */
export function serveCommand(): Command {
  return new Command('serve')
    .description('Run a server until it is stopped. SIGINT and SIGTERM drain it.')
    .addCommand(echoCommand())
    .addCommand(proxyCommand())
    .addCommand(reverseCommand())
    .addCommand(staticCommand())
    .addCommand(httpTestCommand())
    .addCommand(grpcEchoCommand())
    .addCommand(stunnelCommand());
}

function echoCommand(): Command {
  return serverCommand('echo', 'Answer each request with a JSON description of it.', '127.0.0.1:8080').action(
    (options: ServerOptions) => runServer('echo', options, () => echoService()),
  );
}

function httpTestCommand(): Command {
  const description = 'A server to try HTTP clients with; its page at / lists what it can be asked for.';
  return serverCommand('http-test', description, '127.0.0.1:8080').action((options: ServerOptions) =>
    runServer('http-test', options, ({ lifecycle, note, telemetry }) =>
      httpTestService({
        clock: systemClock,
        random: Math.random,
        lifecycle,
        webSocketLayer: telemetry.webSocket,
        onError(error, _request, status) {
          if (status >= 500) note(`request failed: ${messageOf(error)}`);
        },
      }),
    ),
  );
}

function grpcEchoCommand(): Command {
  return grpcEchoAction(serverCommand('grpc-echo', 'A service to try clients of gRPC with.', '127.0.0.1:50051'));
}

function proxyCommand(): Command {
  return serverCommand('proxy', 'A forward proxy: plain HTTP, and tunnels by CONNECT.', '127.0.0.1:8080')
    .option('--auth <name:password>', 'require basic authentication; repeat for more users', usersOption)
    .addOption(valueOption('--connect-ports <ports>', 'ports that tunnels may reach, or any', portsOption, '80,443'))
    .addOption(valueOption('--connect-timeout <seconds>', 'longest wait for a connection', someSecondsOption, '10'))
    .addOption(valueOption('--idle-timeout <seconds>', 'longest silence in a tunnel', someSecondsOption, '300'))
    .addOption(valueOption('--egress <where>', 'addresses that may be reached: any, or public', egressOption, 'any'))
    .option('--dangerously-open-to-all', 'allow a public address without authentication')
    .action(async (options: ServerOptions & ProxyCommandOptions) => {
      const auth = options.auth === undefined ? undefined : basicProxyAuth(options.auth);
      const { dangerouslyOpenToAll = false } = options;
      try {
        requireSafeListen(options.bind, { auth, dangerouslyOpenToAll });
      } catch (cause) {
        throw new CliError(`${messageOf(cause)} (--auth, --dangerously-open-to-all)`, EXIT.usage, { cause });
      }
      const dialling = tcpConnector({
        connectTimeoutMs: options.connectTimeout,
        ...(options.egress === 'public' ? { egress: egressPolicyLayer() } : {}),
      });
      await runServer('forward proxy', options, ({ lifecycle, onRelayEnd, telemetry }) => {
        const connector = telemetry.connector(dialling);
        const waitMs = waiting(options.connectTimeout);
        return forwardProxyService({
          onRelayEnd,
          client: telemetry.client(createHttpClient({ connector, protocols: [http1()], lifecycle, ...waitMs })),
          connector,
          connectPorts: options.connectPorts,
          relay: { idleTimeoutMs: options.idleTimeout, lifecycle },
          ...(auth === undefined ? {} : { auth }),
        });
      });
    });
}

function reverseCommand(): Command {
  return serverCommand(
    'reverse',
    'A reverse proxy by host and path; upgrades, such as WebSocket, go through.',
    '127.0.0.1:8081',
  )
    .option(
      '--to <route>',
      'URL, /path=URL, host=URL or host/path=URL; repeat for more, the most specific one is taken; https:// agrees on HTTP/2 if it can, h2c:// is HTTP/2 in clear',
      routesOption,
    )
    .option('--config <file>', 'take everything from a file in YAML instead; SIGHUP reads it anew, no request is lost')
    .addOption(valueOption('--connect-timeout <seconds>', 'longest wait for a connection', someSecondsOption, '10'))
    .option('--no-keep-host', 'give upstreams their own host instead of the one that was asked for')
    .option('--trust-forwarded', 'believe X-Forwarded fields of clients')
    .option('--upstream-cacert <file>', 'trust these roots for https upstreams (default: those of Node)', listOption)
    .option('--upstream-cert <file>', 'certificate to show to upstreams that ask for one, in PEM')
    .option('--upstream-key <file>', 'its key (default: in the same file)')
    .option('--upstream-insecure', 'take every https upstream for the right one')
    .action(async (options: ServerOptions & ReverseCommandOptions, command: Command) => {
      const { config: path, to } = options;
      if ((path === undefined) === (to === undefined)) {
        const such = path === undefined ? ', such as --to http://127.0.0.1:3000' : '';
        throw new CliError(`use either --to or --config${such}`, EXIT.usage);
      }
      if (path !== undefined) return serveConfigured(path, options, command);
      const settings: TypedReverseSettings = {
        routes: to ?? [],
        upstreamTls: upstreamSettings(options),
        connectTimeoutMs: options.connectTimeout,
        keepsHost: options.keepHost,
        trustsForwarded: options.trustForwarded ?? false,
      };
      await runServer('reverse proxy', options, (parts) => typedReverse(settings, parts, process));
    });
}

function upstreamSettings(options: ReverseCommandOptions): UpstreamTlsSettings {
  const { upstreamCacert: ca = [], upstreamCert: cert, upstreamKey: key, upstreamInsecure = false } = options;
  if (key !== undefined && cert === undefined) throw new CliError('--upstream-key needs --upstream-cert', EXIT.usage);
  return { ca, cert, key, insecure: upstreamInsecure };
}

async function serveConfigured(path: string, options: ServerOptions, command: Command): Promise<void> {
  const { loadReverse } = await import('./reverse/load-reverse.ts');
  const { reloadingReverse } = await import('./reverse/reloading-reverse.ts');
  const typed = (name: string): boolean => command.getOptionValueSource(name) === 'cli';
  for (const [name, flag] of IN_THE_FILE) {
    if (typed(name)) throw new CliError(`${flag} stands in the file of --config`, EXIT.usage);
  }
  const file = loadReverse(path);
  const { listen, httpVersion } = file.config;
  const bind = typed('bind') || listen === undefined ? options.bind : parseAddress(listen);
  try {
    await runServer(
      'reverse proxy',
      { ...options, bind, httpVersion },
      (parts) => reloadingReverse(file, parts, { load: () => loadReverse(path), signals: process }),
      { tls: file.tls, reloads: true },
    );
  } catch (error) {
    throw file.located(error);
  }
}

/** Options that the file has fields for. */
const IN_THE_FILE = [
  ['connectTimeout', '--connect-timeout'],
  ['keepHost', '--no-keep-host'],
  ['trustForwarded', '--trust-forwarded'],
  ['tls', '--tls'],
  ['cert', '--cert'],
  ['key', '--key'],
  ['ca', '--ca'],
  ['clientCa', '--client-ca'],
  ['httpVersion', '--http-version'],
  ['upstreamCacert', '--upstream-cacert'],
  ['upstreamCert', '--upstream-cert'],
  ['upstreamKey', '--upstream-key'],
  ['upstreamInsecure', '--upstream-insecure'],
] as const;

function staticCommand(): Command {
  return serverCommand('static', 'Serve the files of a folder: ranges, conditions, nothing above it.', '127.0.0.1:8080')
    .argument('[folder]', 'whose files are served', '.')
    .option('--listing', 'list folders that have no index.html')
    .option('--precompressed', 'send .br, .zst and .gz files that lie beside, to clients that take them')
    .option('--dotfiles', 'serve files whose names begin with a dot too')
    .option('--cache-control <value>', 'Cache-Control of all files', 'public, max-age=0')
    .action(async (folder: string, options: ServerOptions & StaticCommandOptions) => {
      requireFolder(folder);
      const files = staticFilesService({
        root: folder,
        listing: options.listing ?? false,
        precompressed: options.precompressed ? ['br', 'zstd', 'gzip'] : [],
        dotfiles: options.dotfiles ? 'served' : 'hidden',
        cacheControl: options.cacheControl,
      });
      await runServer('static files', options, () => files);
    });
}

function requireFolder(path: string): void {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats?.isDirectory() !== true) throw new CliError(`${path} is no folder`, EXIT.usage);
}

interface StaticCommandOptions {
  readonly listing?: boolean;
  readonly precompressed?: boolean;
  readonly dotfiles?: boolean;
  readonly cacheControl: string;
}

/** Connecting is a part of waiting for a connection: that may not end first. */
function waiting(connectTimeoutMs: number): { readonly acquireTimeoutMs: number } {
  return { acquireTimeoutMs: connectTimeoutMs + 20_000 };
}

interface ProxyCommandOptions {
  readonly auth?: readonly ProxyUser[];
  readonly connectPorts: readonly number[] | 'any';
  readonly connectTimeout: number;
  readonly idleTimeout: number;
  readonly egress: 'any' | 'public';
  readonly dangerouslyOpenToAll?: boolean;
}

interface ReverseCommandOptions {
  readonly to?: readonly ReverseRoute[];
  readonly config?: string;
  readonly connectTimeout: number;
  readonly keepHost: boolean;
  readonly trustForwarded?: boolean;
  readonly upstreamCacert?: readonly string[];
  readonly upstreamCert?: string;
  readonly upstreamKey?: string;
  readonly upstreamInsecure?: boolean;
}

function serverCommand(name: string, description: string, bind: string): Command {
  const command = withListenOptions(new Command(name).description(description), bind).addOption(
    new Option('--http-version <version>', 'versions of HTTP: auto is both').choices(HTTP_VERSIONS).default('auto'),
  );
  return withServerTlsOptions(command);
}
