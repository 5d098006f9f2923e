import type { ClientCase } from '../support/client-case.ts';
import { connection } from './connection.ts';
import { responses } from './responses.ts';
import { streams } from './streams.ts';

/** Everything that a client must do, by theme. */
export const clientCases: Readonly<Record<string, readonly ClientCase[]>> = {
  'frames of the connection': connection,
  'frames of streams': streams,
  'requests and responses': responses,
};
