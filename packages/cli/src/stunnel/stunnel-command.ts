import type { Address, Connection, RelayOutcome } from '@lamella/net-core';
import { tcpConnector } from '@lamella/net-tcp';
import { stack } from '@lamella/service-core';
import type { TlsConnectOptions } from '@lamella/tls';
import { Command } from 'commander';
import { CliError, EXIT } from '../cli-error.ts';
import { addressOption, listOption, someSecondsOption, valueOption } from '../options.ts';
import { withListenOptions } from '../serve/listen-options.ts';
import type { ListenOptions } from '../serve/run-listener.ts';
import { runListener } from '../serve/run-listener.ts';
import { rereadOnSignal } from '../serve/run-server.ts';
import { rereadUpstreamTls } from '../tls/reread-upstream-tls.ts';
import { openServerTls } from '../tls/server-tls.ts';
import type { ServerTlsOptions } from '../tls/server-tls-options.ts';
import { serverTlsSettings, withServerTlsOptions } from '../tls/server-tls-options.ts';
import { endLine } from './end-line.ts';
import { stunnelService } from './stunnel-service.ts';

/** `lamella serve stunnel`: TLS around any service of TCP. */
export function stunnelCommand(): Command {
  return new Command('stunnel')
    .description('TLS around any TCP service: the entry encrypts, the exit decrypts.')
    .addHelpText('after', EXAMPLES)
    .addCommand(exitCommand())
    .addCommand(entryCommand());
}

function exitCommand(): Command {
  const command = new Command('exit').description('Accept TLS, and pass what is inside on in clear.');
  return withServerTlsOptions(withStunnelOptions(command, '127.0.0.1:8443'), true).action(
    (options: StunnelOptions & ServerTlsOptions) =>
      runListener('stunnel exit', options, async ({ lifecycle, note, telemetry }) => {
        const settings = serverTlsSettings({ ...options, tls: true });
        if (settings === undefined) throw new CliError('an exit speaks TLS', EXIT.usage);
        const tls = await openServerTls(settings, { bind: options.bind, alpn: [], lifecycle, note });
        rereadOnSignal(tls, settings, note);
        const service = stunnelService({
          ...common(options, note),
          secure: false,
          connector: telemetry.connector(tcpConnector({ connectTimeoutMs: options.connectTimeout })),
          lifecycle,
        });
        return { service: tls.layer(service), close: tls.close };
      }),
  );
}

function entryCommand(): Command {
  const command = new Command('entry').description('Accept what is in clear, and pass it on by TLS.');
  return withStunnelOptions(command, '127.0.0.1:8080')
    .option('--server-name <name>', 'who the exit has to be (default: the host of --forward)')
    .option('--cacert <file>', 'trust these roots (default: those of Node); repeat for more', listOption)
    .option('--pin <pin>', 'ask for this key, sha256//...; repeat for more', listOption)
    .option('--cert <file>', 'certificate to show, in PEM')
    .option('--key <file>', 'its key (default: in the same file)')
    .option('-k, --insecure', 'take every exit for the right one')
    .action((options: StunnelOptions & EntryOptions) => {
      const { cacert: ca = [], cert, key, pin: pins, insecure = false, serverName } = options;
      if (key !== undefined && cert === undefined) throw new CliError('--key needs --cert', EXIT.usage);
      if (options.forward.type === 'unix' && serverName === undefined) {
        throw new CliError('a Unix socket is no host: --server-name says who the exit has to be', EXIT.usage);
      }
      const identity = serverName === undefined ? {} : { identity: () => serverName };
      return runListener('stunnel entry', options, async ({ lifecycle, note, telemetry }) => {
        const more: TlsConnectOptions = { ...identity, pinScope: 'leaf' };
        const tls = rereadUpstreamTls({ ca, cert, key, pins, insecure }, { note, signals: process, more });
        const connector = stack(telemetry.connector, tls, tcpConnector({ connectTimeoutMs: options.connectTimeout }));
        return {
          service: stunnelService({ ...common(options, note), secure: true, serverName, connector, lifecycle }),
        };
      });
    });
}

function withStunnelOptions(command: Command, bind: string): Command {
  return withListenOptions(command, bind)
    .requiredOption('--forward <address>', 'where to: host:port, [ipv6]:port, or unix:/path', addressOption)
    .addOption(valueOption('--connect-timeout <seconds>', 'longest wait for a connection', someSecondsOption, '10'))
    .addOption(valueOption('--idle-timeout <seconds>', 'longest silence', someSecondsOption, '300'));
}

function common({ forward, idleTimeout, quiet }: StunnelOptions, note: (line: string) => void) {
  return {
    target: forward,
    idleTimeoutMs: idleTimeout,
    onEnd(outcome: RelayOutcome, connection: Connection) {
      if (quiet !== true) note(endLine(outcome, connection));
    },
  };
}

interface StunnelOptions extends ListenOptions {
  readonly forward: Address;
  readonly connectTimeout: number;
  readonly idleTimeout: number;
}

interface EntryOptions {
  readonly serverName?: string;
  readonly cacert?: readonly string[];
  readonly pin?: readonly string[];
  readonly cert?: string;
  readonly key?: string;
  readonly insecure?: boolean;
}

const EXAMPLES = `
Examples:
  lamella serve stunnel exit --bind :8443 --forward 127.0.0.1:6379 --cert cert.pem --key key.pem --client-ca ca.pem
  lamella serve stunnel entry --bind :6379 --forward exit.test:8443 --cacert ca.pem --cert me.pem --key me-key.pem`;
