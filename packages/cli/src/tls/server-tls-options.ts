import type { CertificateFile } from '@lamella/tls';
import type { Command } from 'commander';
import { Option } from 'commander';
import { CliError, EXIT } from '../cli-error.ts';
import { listOption } from '../options.ts';
import type { ServerTlsSettings } from './server-tls.ts';

/** What the options of a server say about TLS. */
export interface ServerTlsOptions {
  readonly tls?: boolean;
  readonly cert?: readonly string[];
  readonly key?: readonly string[];
  readonly ca?: string;
  readonly clientCa?: readonly string[];
}

/** Adds options for TLS to a command, with `--tls` in front unless the command speaks it always. */
export function withServerTlsOptions(command: Command, isAlways = false): Command {
  if (!isAlways) command.option('--tls', 'speak TLS');
  return command
    .option(
      '--cert <file>',
      'certificate in PEM, with those above it; repeat for more, the name asked for chooses',
      listOption,
    )
    .option('--key <file>', 'its key in PEM, one for each --cert (default: in the same file)', listOption)
    .addOption(
      new Option(
        '--ca <folder>',
        'without --cert: the development authority that makes certificates (default: that of cert ca)',
      ),
    )
    .option(
      '--client-ca <file>',
      'let nobody in but clients with a certificate of this authority; repeat for more',
      listOption,
    );
}

/** What the options come to; `undefined`: no TLS. @throws CliError if they don't go together. */
export function serverTlsSettings(options: ServerTlsOptions): ServerTlsSettings | undefined {
  const { tls, cert = [], key = [], ca, clientCa = [] } = options;
  if (tls !== true) {
    const [flag] = [
      ...(cert.length > 0 ? ['--cert'] : []),
      ...(key.length > 0 ? ['--key'] : []),
      ...(ca === undefined ? [] : ['--ca']),
      ...(clientCa.length > 0 ? ['--client-ca'] : []),
    ];
    if (flag !== undefined) throw new CliError(`${flag} needs --tls`, EXIT.usage);
    return undefined;
  }
  if (cert.length > 0 && ca !== undefined) throw new CliError('use either --cert or --ca', EXIT.usage);
  return { certificates: certificatesOf(cert, key), authority: ca, clientCa };
}

function certificatesOf(cert: readonly string[], key: readonly string[]): readonly CertificateFile[] {
  if (key.length !== 0 && key.length !== cert.length) {
    throw new CliError(
      `there are ${cert.length} --cert and ${key.length} --key: write one --key for each --cert`,
      EXIT.usage,
    );
  }
  return cert.map((certPath, index) => ({ certPath, keyPath: key[index] ?? certPath }));
}
