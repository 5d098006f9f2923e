import { readFileSync } from 'node:fs';
import { CliError, EXIT, messageOf } from '../../cli-error.ts';
import { ConfigError } from '../../config/config-error.ts';
import { locateConfig, parseConfig } from '../../config/parse-config.ts';
import type { ReverseConfig } from '../../config/reverse-config.ts';
import { reverseConfig } from '../../config/reverse-config.ts';
import type { ServerParts } from '../run-server.ts';
import type { ConfiguredReverse } from './configured-reverse.ts';
import { configuredReverse, WrongPart } from './configured-reverse.ts';

/** A configuration file, read. */
export interface ReverseFile {
  readonly config: ReverseConfig;
  /** Makes the proxy. @throws ConfigError with the line of what makes no sense. */
  readonly make: (parts: ServerParts) => ConfiguredReverse;
}

/** Reads a configuration. @throws CliError if the file can't be read, ConfigError with the line of each thing that is wrong. */
export function loadReverse(path: string): ReverseFile {
  const text = read(path);
  const config = parseConfig(text, path, reverseConfig);
  return {
    config,
    make(parts) {
      try {
        return configuredReverse(config, parts);
      } catch (error) {
        if (!(error instanceof WrongPart)) throw error;
        const name = error.path
          .map((key) => (typeof key === 'number' ? `[${key}]` : `.${key}`))
          .join('')
          .slice(1);
        throw new ConfigError(path, [{ ...locateConfig(text, error.path), message: `${name}: ${error.message}` }]);
      }
    },
  };
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new CliError(`cannot read ${path}: ${messageOf(error)}`, EXIT.readFailed, { cause: error });
  }
}
