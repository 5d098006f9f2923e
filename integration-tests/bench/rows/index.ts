import type { BenchRow, MemoryRow } from '../support/bench-row.ts';
import { clientAloneRow, clientRow, memoryRow } from './client-rows.ts';
import { idleRow } from './idle-row.ts';
import { relayRow, reverseGroupRow, reverseLargeRow, reverseRow } from './proxy-rows.ts';
import { helloRow, largeRow, layersRow, postRow, staticRow } from './server-rows.ts';
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
];
