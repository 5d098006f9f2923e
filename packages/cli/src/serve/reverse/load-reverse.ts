import { readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { staticResolver } from '@lamella/net-tcp';
import { createLifecycle, isLamellaError } from '@lamella/service-core';
import { CliError, EXIT, fileProblem } from '../../cli-error.ts';
import { locatedError, parseConfig } from '../../config/parse-config.ts';
import type { ReverseConfig } from '../../config/reverse-config.ts';
import { reverseConfig } from '../../config/reverse-config.ts';
import type { ServerTlsSettings } from '../../tls/server-tls.ts';
import type { ServerParts } from '../run-server.ts';
import { noTelemetry } from '../telemetry/server-telemetry.ts';
import type { ConfiguredReverse } from './configured-reverse.ts';
import { configuredReverse } from './configured-reverse.ts';
import { serverTlsOf, upstreamTlsOf } from './configured-tls.ts';
import { unreadableFiles } from './unreadable-files.ts';
import type { WrongPart } from './wrong-parts.ts';
import { WrongParts } from './wrong-parts.ts';

/** A configuration file, read. */
export interface ReverseFile {
  readonly config: ReverseConfig;
  /** How the server speaks TLS; `undefined`: it does not. */
  readonly tls: ServerTlsSettings | undefined;
  /** Makes the proxy. @throws ConfigError with the line of what makes no sense. */
  readonly make: (parts: ServerParts) => ConfiguredReverse;
  /** A failure of the certificates as a ConfigError with their line; any other one as it is. */
  readonly located: (error: unknown) => unknown;
}

/** Reads a configuration. @throws CliError if the file can't be read, ConfigError with the line of each thing that is wrong. */
export function loadReverse(path: string): ReverseFile {
  const text = read(path);
  const config = parseConfig(text, path, reverseConfig);
  const folder = dirname(path);
  const tls = config.tls === undefined ? undefined : serverTlsOf(config.tls, folder);
  const wrong = [...unreadableFiles(config, folder), ...wrongPartsOf(config)];
  if (wrong.length > 0) throw locatedError(text, path, wrong);
  return {
    config,
    tls,
    make(parts) {
      try {
        return configuredReverse(config, upstreamTlsOf(config.upstreamTls ?? {}, folder), parts);
      } catch (error) {
        throw error instanceof WrongParts ? locatedError(text, path, error.parts) : error;
      }
    },
    located(error) {
      if (tls === undefined || !isLamellaError(error) || error.code !== 'LML_ERR_TLS_MATERIAL') return error;
      return locatedError(text, path, [{ path: tlsPartOf(error.message, tls), message: error.message }]);
    },
  };
}

/** What only making the parts shows, told with all else before anything begins: they are made so that they ask nobody, and thrown away. */
function wrongPartsOf(config: ReverseConfig): readonly WrongPart[] {
  const groups = Object.entries(config.groups).map(([name, group]) => [name, { ...group, healthCheck: undefined }]);
  const { cert: _cert, key: _key, ca: _ca, ...upstreamTls } = config.upstreamTls ?? {};
  const parts = {
    lifecycle: createLifecycle(),
    onRelayEnd() {},
    note() {},
    telemetry: noTelemetry,
    resolver: staticResolver({}),
  };
  try {
    const silent: ReverseConfig = { ...config, groups: Object.fromEntries(groups) };
    void configuredReverse(silent, upstreamTlsOf(upstreamTls, ''), parts).close();
    return [];
  } catch (error) {
    if (error instanceof WrongParts) return error.parts;
    throw error;
  }
}

/** Messages about files name them. */
function tlsPartOf(message: string, { certificates, clientCa }: ServerTlsSettings): readonly (string | number)[] {
  const certificate = certificates.findIndex(({ certPath, keyPath, ocspPath }) =>
    [certPath, keyPath, ocspPath].some((file) => file !== undefined && message.includes(file)),
  );
  if (certificate >= 0) return ['tls', 'certificates', certificate];
  const authority = clientCa.findIndex((file) => message.includes(file));
  return authority >= 0 ? ['tls', 'clientCa', authority] : ['tls'];
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new CliError(`cannot read ${path}: ${fileProblem(error)}`, EXIT.readFailed, { cause: error });
  }
}
