import type { GrpcMetadata } from '@lamella/grpc';
import type { Meter, MeterProvider, TextMapGetter, TextMapSetter } from '@opentelemetry/api';
import { boundedValue } from '../propagation/bounded-value.ts';
import type { Durations } from '../shared/durations.ts';
import { durationsOf } from '../shared/durations.ts';
import type { PropagationOptions, TelemetryOptions } from '../shared/telemetry-options.ts';

/** Options of {@link grpcServerTelemetryLayer}. */
export interface GrpcServerTelemetryOptions extends TelemetryOptions, PropagationOptions {}

/** Options of {@link grpcClientTelemetryLayer}. */
export interface GrpcClientTelemetryOptions extends TelemetryOptions, PropagationOptions {
  /** Where the server is, the `url` of the client: for `server.address` and `server.port`. Default: they are left out. */
  readonly url?: string;
}

/** The metric of one side of gRPC. */
export interface GrpcInstruments {
  readonly duration: Durations;
}

/** Makes it, under its name. */
export function grpcInstruments(
  name: string,
  description: string,
): (meter: Meter, provider: MeterProvider) => GrpcInstruments {
  return (meter, provider) => ({ duration: durationsOf(meter, provider, name, description) });
}

/** Metadata, as propagators read it: all text of one name, and nothing that is too long. */
export const metadataGetter: TextMapGetter<GrpcMetadata> = {
  get(metadata, name) {
    const values = metadata.getAll(name).filter((value) => typeof value === 'string');
    return values.length === 0 ? undefined : boundedValue(values.join(', '));
  },
  keys: (metadata) => [...new Set(Array.from(metadata, ([name]) => name))],
};

/** Metadata, as propagators write it: what was there under the name is replaced. */
export const metadataSetter: TextMapSetter<GrpcMetadata> = {
  set: (metadata, name, value) => metadata.set(name, value),
};
