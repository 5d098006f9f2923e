import type { Counter, Histogram, Meter, MeterProvider } from '@opentelemetry/api';
import { ActiveCounts } from '../shared/active-counts.ts';

/** The metrics of WebSockets. The conventions have none; these are ours. */
export interface WebSocketInstruments {
  readonly active: ActiveCounts;
  readonly duration: Histogram;
  readonly messages: Counter;
  readonly io: Counter;
}

/** Metrics of WebSockets. */
export function webSocketInstruments(meter: Meter, provider: MeterProvider): WebSocketInstruments {
  const active = {
    name: 'lamella.websocket.active',
    description: 'Number of WebSockets that are open.',
    unit: '{connection}',
  };
  return {
    active: ActiveCounts.of(provider, meter, active),
    duration: meter.createHistogram('lamella.websocket.duration', {
      description: 'How long WebSockets were open.',
      unit: 's',
      advice: { explicitBucketBoundaries: [0.1, 1, 5, 10, 30, 60, 300, 600, 1_800, 3_600, 14_400] },
    }),
    messages: meter.createCounter('lamella.websocket.messages', {
      description: 'Messages that went over WebSockets.',
      unit: '{message}',
    }),
    io: meter.createCounter('lamella.websocket.io', {
      description: 'Bytes of messages that went over WebSockets, inflated.',
      unit: 'By',
    }),
  };
}
