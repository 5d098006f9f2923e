import type { Counter, Histogram, Meter, MeterProvider } from '@opentelemetry/api';
import { ActiveCounts } from '../shared/active-counts.ts';

/** The metrics of connections. The conventions have none; these are ours. */
export interface ConnectionInstruments {
  readonly active: ActiveCounts;
  readonly duration: Histogram;
  readonly io: Counter;
}

/** Metrics of connections. */
export function connectionInstruments(meter: Meter, provider: MeterProvider): ConnectionInstruments {
  const active = {
    name: 'lamella.connection.active',
    description: 'Number of connections that are open.',
    unit: '{connection}',
  };
  return {
    active: ActiveCounts.of(provider, meter, active),
    duration: meter.createHistogram('lamella.connection.duration', {
      description: 'How long connections were open.',
      unit: 's',
      advice: { explicitBucketBoundaries: [0.01, 0.1, 0.5, 1, 5, 10, 30, 60, 300, 600, 3_600] },
    }),
    io: meter.createCounter('lamella.connection.io', { description: 'Bytes that went over connections.', unit: 'By' }),
  };
}

/** Which connections they are: accepted by a listener, dialled by a connector, or inside of an HTTP CONNECT. */
export type ConnectionRole = 'accepted' | 'dialled' | 'tunnel';

/** Attribute of metrics and spans that says which connections they are. */
export const ROLE = 'lamella.connection.role';
