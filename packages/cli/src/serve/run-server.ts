import type { HttpRequest, HttpResponse } from '@lamella/http';
import { httpTraceLayer } from '@lamella/http';
import type { RelayOutcome } from '@lamella/net-core';
import type { Lifecycle, Service } from '@lamella/service-core';
import { stack } from '@lamella/service-core';
import { messageOf } from '../cli-error.ts';
import type { ServerTls, ServerTlsSettings } from '../tls/server-tls.ts';
import { openServerTls } from '../tls/server-tls.ts';
import type { ServerTlsOptions } from '../tls/server-tls-options.ts';
import { serverTlsSettings } from '../tls/server-tls-options.ts';
import { accessLine, tunnelLine } from './access-line.ts';
import type { HttpVersionChoice } from './http-version.ts';
import { alpnOf, httpVersionLayer } from './http-version.ts';
import type { ListenOptions } from './run-listener.ts';
import { runListener } from './run-listener.ts';
import type { ServerTelemetry } from './telemetry/server-telemetry.ts';

/** Options that every HTTP server of the command has. */
export interface ServerOptions extends ListenOptions, ServerTlsOptions {
  readonly httpVersion: HttpVersionChoice;
}

/** What a service needs of the server that it is part of. */
export interface ServerParts {
  /** For what takes part in the server's end. */
  readonly lifecycle: Lifecycle;
  /** Logs how a tunnel ended. */
  readonly onRelayEnd: (outcome: RelayOutcome, request: HttpRequest) => void;
  /** Says something to whoever runs the server. */
  readonly note: (line: string) => void;
  /** Layers that record what the service does; requests of the server are recorded already. */
  readonly telemetry: ServerTelemetry;
  /** TLS of the server; `undefined` if it speaks in clear. */
  readonly tls?: ServerTls | undefined;
}

/** Where more than the options decide. */
export interface ServerSettings {
  /** How it speaks TLS; `undefined`: it does not. Default: as the options say. */
  readonly tls?: ServerTlsSettings | undefined;
  /** Whether the service takes care of SIGHUP. Default: certificates are read anew then. */
  readonly reloads?: boolean;
  /** What to tell beside the address, such as how to call it. Default: nothing. */
  readonly hint?: (place: string) => string;
}

/** Serves HTTP until a signal comes, then drains. A second signal cuts what is left. */
export async function runServer(
  what: string,
  options: ServerOptions,
  makeService: (parts: ServerParts) => Service<HttpRequest, HttpResponse>,
  settings: ServerSettings = { tls: serverTlsSettings(options) },
): Promise<void> {
  const { bind, httpVersion, quiet } = options;
  const { hint } = settings;
  const alpn = alpnOf(httpVersion);
  await runListener(what, options, async ({ lifecycle, note, telemetry }) => {
    const onRelayEnd: ServerParts['onRelayEnd'] = (outcome, request) => {
      if (quiet !== true) note(tunnelLine(outcome, request));
    };
    const tls =
      settings.tls === undefined ? undefined : await openServerTls(settings.tls, { bind, alpn, lifecycle, note });
    const server = stack(
      httpVersionLayer(httpVersion, { lifecycle, onError: (error) => note(`request failed: ${messageOf(error)}`) }),
      telemetry.server,
      httpTraceLayer<undefined>({
        onStart: () => undefined,
        ...(quiet ? {} : { onEnd: (_state, end) => note(accessLine(end)) }),
      }),
      makeService({ lifecycle, onRelayEnd, note, telemetry, tls }),
    );
    if (tls === undefined || settings.tls === undefined) return { service: server, scheme: 'http', hint };
    if (settings.reloads !== true) rereadOnSignal(tls, settings.tls, note);
    return { service: tls.layer(server), scheme: 'https', hint, close: tls.close };
  });
}

/** Certificates that can't be used change nothing. */
export function rereadOnSignal(tls: ServerTls, settings: ServerTlsSettings, note: (line: string) => void): void {
  process.on('SIGHUP', () => {
    tls.change(settings).then(
      () => note('the certificates were read anew'),
      (error: unknown) => note(`the certificates stay as they were: ${messageOf(error)}`),
    );
  });
}
