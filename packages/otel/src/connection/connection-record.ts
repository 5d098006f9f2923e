import type { ByteCounts, CloseInfo } from '@lamella/net-core';
import type { Attributes, Context } from '@opentelemetry/api';
import type { ActiveEntry } from '../shared/active-counts.ts';
import { ATTR } from '../shared/names.ts';
import { safely } from '../shared/safely.ts';
import type { ConnectionInstruments, ConnectionRole } from './connection-instruments.ts';
import { ROLE } from './connection-instruments.ts';

/** Attributes that all metrics of a connection have. */
export function connectionLabels(role: ConnectionRole, transport: string): Attributes {
  return { [ROLE]: role, [ATTR.transport]: transport };
}

/** A connection takes its place among those that are open. */
export function enterConnection(
  instruments: ConnectionInstruments | undefined,
  role: ConnectionRole,
  transport: string,
): ActiveEntry | undefined {
  return instruments?.active.enter(`${role} ${transport}`, () => connectionLabels(role, transport));
}

/** What metrics say of a connection that is over. Never throws. */
export function recordConnection(
  { duration, io }: ConnectionInstruments,
  end: {
    readonly labels: Attributes;
    readonly durationMs: number;
    readonly counts: ByteCounts;
    readonly errorType: string | undefined;
    readonly context: Context;
  },
): void {
  const { labels, counts, errorType, context } = end;
  const ended = errorType === undefined ? labels : { ...labels, [ATTR.errorType]: errorType };
  safely(() => {
    duration.record(end.durationMs / 1_000, ended, context);
    io.add(counts.bytesIn, { ...labels, [ATTR.networkIoDirection]: 'receive' }, context);
    io.add(counts.bytesOut, { ...labels, [ATTR.networkIoDirection]: 'transmit' }, context);
  });
}

/** What a span says of the bytes of a connection, and of its end. */
export function endAttributes(counts: ByteCounts, close: CloseInfo | undefined): Attributes {
  return {
    'lamella.connection.bytes_in': counts.bytesIn,
    'lamella.connection.bytes_out': counts.bytesOut,
    ...(close === undefined ? {} : { 'lamella.connection.close_reason': close.reason }),
  };
}
