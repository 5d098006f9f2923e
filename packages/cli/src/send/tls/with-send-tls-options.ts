import type { Command } from 'commander';
import { Option } from 'commander';

/** Adds curl's options for TLS to a command. */
export function withSendTlsOptions(command: Command): Command {
  return command
    .option('--cacert <file>', 'trust these roots, in PEM (default: those of Node)')
    .option('-k, --insecure', 'take every server for the right one')
    .option('--cert-status', 'ask for an OCSP response that says that the certificate is good')
    .option('-E, --cert <file[:passphrase]>', 'certificate to show, in PEM')
    .option('--key <file>', 'its key (default: in the same file)')
    .option('--pass <passphrase>', 'what opens the key')
    .option('--pin, --pinnedpubkey <pins>', 'ask for one of these keys: sha256//..., with ; between, or a file with it')
    .option('--tlsv1.2', 'TLS 1.2 or newer (default)')
    .option('--tls13, --tlsv1.3', 'TLS 1.3 or newer')
    .addOption(new Option('--tls-max <version>', 'newest version of TLS').choices(['1.2', '1.3']))
    .option('--ciphers <list>', 'cipher suites up to TLS 1.2, by their names in OpenSSL, with : between')
    .option('--tls13-ciphers <list>', 'cipher suites of TLS 1.3, likewise');
}
