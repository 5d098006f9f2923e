import type { BenchRow, MemoryRow } from '../support/bench-row.ts';
import { clientAloneRow, clientRow, memoryRow } from './client-rows.ts';
import {
  grpcBidiRow,
  grpcClientRow,
  grpcDirectRow,
  grpcLatencyRow,
  grpcMegabyteRow,
  grpcStreamRow,
  grpcUnaryRow,
  grpcUnarySingleRow,
} from './grpc-rows.ts';
import { h2AbuseRow } from './h2-abuse-row.ts';
import { h2LatencyRow } from './h2-latency-row.ts';
import {
  h1TlsRow,
  h2ClientRow,
  h2HelloRow,
  h2HugeRow,
  h2LargeRow,
  h2PostRow,
  h2SingleRow,
  h2TlsRow,
} from './h2-rows.ts';
import { h2IdleRow, h2StreamsRow, idleRow } from './idle-row.ts';
import { relayRow, reverseGroupRow, reverseLargeRow, reverseRow } from './proxy-rows.ts';
import { helloRow, largeRow, layersRow, postRow, staticRow } from './server-rows.ts';
import { telemetryFullRow, telemetryNoneRow, telemetrySampledRow } from './telemetry-rows.ts';
import { handshakesRow, leafRow } from './tls-rows.ts';
import { wsEchoLongRow, wsEchoRow, wsIdleRow, wsRelayLongRow, wsRelayRow } from './ws-rows.ts';

export const rows: readonly (BenchRow | MemoryRow)[] = [
  helloRow,
  postRow,
  largeRow,
  layersRow,
  staticRow,
  clientRow,
  clientAloneRow,
  reverseRow,
  reverseLargeRow,
  reverseGroupRow,
  relayRow,
  memoryRow,
  idleRow,
  wsEchoRow,
  wsEchoLongRow,
  wsRelayRow,
  wsRelayLongRow,
  wsIdleRow,
  h2HelloRow,
  h2SingleRow,
  h2TlsRow,
  h2PostRow,
  h2LargeRow,
  h2HugeRow,
  h2LatencyRow,
  h1TlsRow,
  h2ClientRow,
  h2IdleRow,
  h2StreamsRow,
  handshakesRow,
  leafRow,
  h2AbuseRow,
  telemetryNoneRow,
  telemetrySampledRow,
  telemetryFullRow,
  grpcUnaryRow,
  grpcUnarySingleRow,
  grpcClientRow,
  grpcLatencyRow,
  grpcStreamRow,
  grpcBidiRow,
  grpcMegabyteRow,
  grpcDirectRow,
];
