import type { Command } from 'commander';

/** Adds the options that say how proxies are gone through. */
export function withProxyOptions(command: Command): Command {
  return command
    .option('-x, --proxy <url>', 'HTTP proxy, [http[s]://][name:password@]host[:port]')
    .option('-U, --proxy-user <name:password>', 'basic authentication at the proxy')
    .option('--proxy-cacert <file>', 'trust these roots for an https proxy, in PEM (default: those of Node)')
    .option('--proxy-insecure', 'take every https proxy for the right one')
    .option('--noproxy <hosts>', 'reach these hosts without a proxy; commas between, * for all');
}
