import type { HttpRequest, HttpResponse } from '@lamella/http';
import type { Lifecycle, Service } from '@lamella/service-core';
import { UsageError } from '@lamella/service-core';
import type { Attributes } from '@opentelemetry/api';
import { diag, metrics, propagation } from '@opentelemetry/api';
import type { NodeSDKConfiguration } from '@opentelemetry/sdk-node';
import { observeOtlpExporters } from '../otlp/observe-otlp-exporters.ts';
import type { OtlpExporter } from '../otlp/otlp-exporter.ts';
import type { OtlpExporterOptions } from '../otlp/otlp-exporter-options.ts';
import { ownPropagator } from '../propagation/w3c-propagator.ts';
import { installed } from '../shared/installed.ts';
import { SCOPE_NAME } from '../shared/names.ts';
import { requireBoolean } from '../shared/option-checks.ts';
import type { ClientExporter } from './client-exporters.ts';
import { clientExporters } from './client-exporters.ts';
import { inactiveContexts } from './inactive-contexts.ts';
import { isDisabled } from './otlp-environment.ts';
import { silentPropagator } from './silent-propagator.ts';

/** Options of {@link startTelemetry}. */
export interface StartTelemetryOptions {
  /** What the program is called, for `service.name`. Default: as `OTEL_SERVICE_NAME` says. */
  readonly serviceName?: string;
  /** More about the program. `OTEL_RESOURCE_ATTRIBUTES` counts more. Default: none. */
  readonly resourceAttributes?: Attributes;
  /** What the end of telemetry is part of: all of it is handed over when everything else has ended. Default: nothing. */
  readonly lifecycle?: Lifecycle;
  /**
   * Client of Lamella that exports go by; `OTEL_EXPORTER_OTLP_*` say where to and how. It needs HTTP/2 for `grpc`. Default: the exporters of
   * `@opentelemetry/sdk-node`.
   */
  readonly client?: Service<HttpRequest, HttpResponse>;
  /** Limits of exports by `client`. `timeoutMs` counts more than `OTEL_EXPORTER_OTLP_TIMEOUT`. Default: those of the exporters. */
  readonly exports?: OtlpExporterOptions;
  /**
   * Whether the context of a request is active while it is served (`context.active()`), by AsyncLocalStorage: for instrumentations and loggers of
   * others. Layers of Lamella find it in the store of the request, as `contextOf` does. `false` saves about a microsecond of each request; not together
   * with `instrumentations`. Default `true`.
   */
  readonly activeContext?: boolean;
  /** Anything else that `NodeSDK` takes, such as `sampler` or `instrumentations`; it counts more than all of this. Default: nothing. */
  readonly sdk?: Partial<NodeSDKConfiguration>;
}

/** An SDK that was started by {@link startTelemetry}. */
export interface Telemetry extends AsyncDisposable {
  /** What exports go by, if `client` was given. */
  readonly exporters: readonly Pick<OtlpExporter<unknown>, 'signal' | 'counts'>[];
  /** Hands everything over, and ends it; the same as disposing. Never rejects: what can't be handed over is told to `diag`. */
  readonly shutdown: () => Promise<void>;
}

/**
 * Starts the SDK of OpenTelemetry for this process: traces, metrics and logs to a collector, in batches.
 *
 * @remarks
 * Call it anywhere, also after layers and clients were made, in ES modules, CommonJS and bundles: nothing is patched, so no order counts. The
 * environment counts as with `@opentelemetry/sdk-node`: `OTEL_EXPORTER_OTLP_ENDPOINT`, `OTEL_EXPORTER_OTLP_PROTOCOL` (`http/protobuf`,
 * `http/json`, `grpc`), `OTEL_SERVICE_NAME`, `OTEL_TRACES_SAMPLER`, `OTEL_BSP_*`, `OTEL_PROPAGATORS`, `OTEL_SDK_DISABLED` and so on.
 *
 * With a client, durations of requests and calls are counted by the layers and handed over when metrics are collected, which is cheaper; not where
 * `sdk` has `views` or `metricReaders`, which tell how an SDK counts.
 *
 * Give it the lifecycle of the program, and `drain` ends with telemetry: spans of the last requests are handed over before it resolves. What a
 * collector has not taken a second after `graceMs` is lost; with a client, exports end there, else the exporters of the SDK may go on for a while.
 *
 * @throws UsageError if an option is invalid; if `@opentelemetry/sdk-node` is not installed, or, with a client, `@opentelemetry/otlp-transformer`,
 * `sdk-metrics` or `sdk-logs`; with `resourceAttributes`, `@opentelemetry/resources`.
 *
 * @example
 * const lifecycle = createLifecycle();
 * const telemetry = await startTelemetry({ serviceName: 'shop', lifecycle });
 * process.once('SIGTERM', () => void lifecycle.drain({ graceMs: 10_000 }));
 */
export async function startTelemetry(options: StartTelemetryOptions = {}): Promise<Telemetry> {
  const { serviceName, resourceAttributes, lifecycle, client, activeContext = true } = options;
  requireBoolean('activeContext', activeContext);
  // They would record the exports of the SDK, which says by the active context that it is not to be recorded.
  if (!activeContext && (options.sdk?.instrumentations?.length ?? 0) > 0) {
    throw new UsageError('activeContext: false excludes sdk.instrumentations, which go by the active context');
  }
  const { NodeSDK } = await installed('@opentelemetry/sdk-node', () => import('@opentelemetry/sdk-node'));
  const { configuration, exporters, histograms } =
    client === undefined
      ? { configuration: {}, exporters: [], histograms: undefined }
      : await clientExporters(client, options.exports ?? {}, process.env);
  const sdk = new NodeSDK({
    // Where nobody says anything else, what the SDK would take, for half the price.
    ...(process.env['OTEL_PROPAGATORS'] === undefined ? { textMapPropagator: ownPropagator } : {}),
    ...(activeContext ? {} : { contextManager: inactiveContexts }),
    ...configuration,
    ...(serviceName === undefined ? {} : { serviceName }),
    ...(resourceAttributes === undefined ? {} : { resource: await resourceOf(resourceAttributes) }),
    ...options.sdk,
  });
  const before = metrics.getMeterProvider();
  sdk.start();
  // The SDK registers nothing where it is told to propagate nothing, by `none` in OTEL_PROPAGATORS for instance.
  if (!isDisabled(process.env) && propagation.fields().length === 0) propagation.setGlobalPropagator(silentPropagator);
  const started = metrics.getMeterProvider();
  // Not where the SDK is off or somebody else came first; and whoever says how it aggregates means our metrics too.
  const isOurs = started !== before && options.sdk?.views === undefined && options.sdk?.metricReaders === undefined;
  if (isOurs) histograms?.attach(started);
  return new RunningTelemetry(sdk, exporters, lifecycle);
}

async function resourceOf(attributes: Attributes): Promise<NodeSDKConfiguration['resource']> {
  const { defaultResource, resourceFromAttributes } = await installed(
    '@opentelemetry/resources',
    () => import('@opentelemetry/resources'),
  );
  return defaultResource().merge(resourceFromAttributes(attributes));
}

class RunningTelemetry implements Telemetry {
  readonly exporters: readonly ClientExporter[];
  readonly #sdk: { shutdown(): Promise<void> };
  readonly #observing: Disposable | undefined;
  readonly #membership: Disposable | undefined;
  readonly #drained = Promise.withResolvers<void>();
  #isShutDown = false;

  constructor(
    sdk: { shutdown(): Promise<void> },
    exporters: readonly ClientExporter[],
    lifecycle: Lifecycle | undefined,
  ) {
    this.#sdk = sdk;
    this.exporters = exporters;
    if (exporters.length > 0) this.#observing = observeOtlpExporters(metrics.getMeter(SCOPE_NAME), exporters);
    this.#membership = lifecycle?.register({
      protocol: 'telemetry',
      isIdle: true,
      drainsLast: true,
      startDrain: () => void this.shutdown(),
      drained: this.#drained.promise,
      destroy: (reason) => this.#destroy(reason),
    });
  }

  readonly shutdown = (): Promise<void> => {
    if (!this.#isShutDown) {
      this.#isShutDown = true;
      void this.#end();
    }
    return this.#drained.promise;
  };

  [Symbol.asyncDispose](): Promise<void> {
    return this.shutdown();
  }

  /** A collector that does not answer must not keep the process. */
  #destroy(reason: unknown): void {
    for (const exporter of this.exporters) exporter.destroy(reason);
    void this.shutdown();
  }

  async #end(): Promise<void> {
    try {
      await this.#sdk.shutdown();
    } catch (error) {
      diag.warn('lamella: not all of telemetry could be handed over', error);
    }
    this.#observing?.[Symbol.dispose]();
    this.#drained.resolve();
    this.#membership?.[Symbol.dispose]();
  }
}
