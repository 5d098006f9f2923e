import type { TcpAddress } from '@lamella/net-core';
import { tryParseAuthority } from '@lamella/net-core';
import { Command } from 'commander';
import { CliError, EXIT, messageOf } from '../cli-error.ts';
import { listOption, someSecondsOption, valueOption } from '../options.ts';
import { toSendError } from '../send/exit-code.ts';
import { resolveConnector } from '../send/resolve-connector.ts';
import { readOption } from '../send/tls/read-option.ts';
import { checkedRoots } from '../tls/checked-roots.ts';
import { probeText } from './probe-text.ts';
import type { TlsProbe } from './probe-tls.ts';
import { probeTls } from './probe-tls.ts';

/** `lamella probe`: what a server is like. */
export function probeCommand(): Command {
  return new Command('probe').description('Find out what a server is like.').addCommand(probeTlsCommand());
}

function probeTlsCommand(): Command {
  return new Command('tls')
    .description('Tell the certificates, versions, cipher suites and protocols of a TLS server.')
    .argument('<server>', 'host[:port], or https://host[:port]; the port is 443 unless given, :8443 is this machine')
    .option('--json', 'print JSON')
    .option('--server-name <name>', 'name to ask for, and to find in the certificate (default: the host)')
    .option('--cacert <file>', 'trust these roots, in PEM (default: those of Node)')
    .option('--pin <pin>', 'ask for this key, sha256//...; repeat for more', listOption)
    .option('-k, --insecure', 'end with 0 although the certificate is not trusted')
    .option('--resolve <host:port:address>', 'use this address for a host at a port; repeat for more', listOption)
    .addOption(valueOption('--connect-timeout <seconds>', 'longest time for each handshake', someSecondsOption, '10'))
    .addHelpText('after', HELP)
    .action(async (server: string, options: ProbeOptions) => {
      try {
        const probe = await probeOf(server, options);
        const text = options.json ? `${JSON.stringify(probe, undefined, 2)}\n` : probeText(probe, Date.now());
        process.stdout.write(text);
        if (!probe.isTrusted && options.insecure !== true) throw notTrusted(probe);
      } catch (error) {
        throw toSendError(error, {});
      }
    });
}

function probeOf(server: string, options: ProbeOptions): Promise<TlsProbe> {
  const { cacert, pin: pins, serverName, resolve = [], connectTimeout: timeoutMs } = options;
  return probeTls({
    target: targetOf(server),
    serverName,
    trust: {
      ...(cacert === undefined ? {} : { roots: rootsOf(cacert) }),
      ...(pins === undefined ? {} : { pins, pinScope: 'leaf' as const }),
    },
    timeoutMs,
    connector: resolveConnector(resolve, timeoutMs),
  });
}

function targetOf(text: string): TcpAddress {
  const authority = text.replace(/^https:\/\//i, '').replace(/\/.*$/s, '');
  const parsed = tryParseAuthority(authority.startsWith(':') ? `127.0.0.1${authority}` : authority);
  if (parsed === undefined) throw new CliError(`${JSON.stringify(text)} is no server: write host:port`, EXIT.badUrl);
  return { type: 'tcp', host: parsed.host, port: parsed.port ?? 443 };
}

function rootsOf(path: string): string {
  const roots = readOption(path, EXIT.badRoots, '--cacert');
  try {
    return checkedRoots(roots, path);
  } catch (cause) {
    throw new CliError(`--cacert: ${messageOf(cause)}`, EXIT.badRoots, { cause });
  }
}

function notTrusted({ refusal }: TlsProbe): CliError {
  const exitCode = refusal?.code === 'LML_ERR_TLS_PIN_MISMATCH' ? EXIT.badPin : EXIT.notTrusted;
  return new CliError(
    'the certificate is not trusted; --cacert names a root to trust, -k ends with 0 anyway',
    exitCode,
  );
}

interface ProbeOptions {
  readonly json?: boolean;
  readonly serverName?: string;
  readonly cacert?: string;
  readonly pin?: readonly string[];
  readonly insecure?: boolean;
  readonly resolve?: readonly string[];
  readonly connectTimeout: number;
}

const HELP = `
Exit codes: 0 trusted, 60 not trusted, 90 another key than that of --pin, 35 no handshake, 6 unknown host,
7 no connection, 28 too slow.

Examples:
  lamella probe tls example.com
  lamella probe tls --json --cacert ~/.config/lamella/ca/ca.pem localhost:9443`;
