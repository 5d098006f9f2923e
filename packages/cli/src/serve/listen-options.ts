import type { Command } from 'commander';
import { addressOption, countOption, secondsOption, valueOption } from '../options.ts';
import { otlpOption } from './telemetry/otlp-option.ts';

/** Adds the options of everything that listens to a command. @param bind - Where it listens by default. */
export function withListenOptions(command: Command, bind: string): Command {
  const where = 'where to listen: host:port, [ipv6]:port, or unix:/path';
  return command
    .addOption(valueOption('--bind <address>', where, addressOption, bind))
    .option('--max-connections <count>', 'most open connections (default: 65536)', countOption)
    .option('--max-connections-per-peer <count>', 'most open connections from one address (default: 4096)', countOption)
    .addOption(valueOption('--pre-drain <seconds>', 'go on accepting for so long after a signal', secondsOption, '0'))
    .addOption(valueOption('--grace <seconds>', 'time that work under way has after that', secondsOption, '10'))
    .addOption(otlpOption())
    .option('--quiet', 'print no line for each request or connection');
}
