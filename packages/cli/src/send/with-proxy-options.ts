import type { Command } from 'commander';

/** Adds the options that say how proxies are gone through. */
export function withProxyOptions(command: Command): Command {
  return command
    .option('-x, --proxy <url>', 'HTTP proxy, [http[s]://][name:password@]host[:port]')
    .option('-U, --proxy-user <name:password>', 'basic authentication at the proxy')
    .option('--proxy-cacert <file>', 'trust these roots for an https proxy, in PEM (default: those of Node)')
    .option('--proxy-insecure', 'take every https proxy for the right one')
    .option('--proxy-cert <file[:passphrase]>', 'certificate to show an https proxy, in PEM')
    .option('--proxy-key <file>', 'its key (default: in the same file)')
    .option('--proxy-pass <passphrase>', 'what opens that key')
    .option('--proxy-pinnedpubkey <pins>', 'ask an https proxy for one of these keys, as --pinnedpubkey')
    .option('--proxy-ciphers <list>', 'cipher suites with an https proxy up to TLS 1.2, as --ciphers')
    .option('--proxy-tls13-ciphers <list>', 'those of TLS 1.3, likewise')
    .option('--noproxy <hosts>', 'reach these hosts without a proxy; commas between, * for all');
}
