import type { ServerCase } from '../support/server-case.ts';
import { frameFormat } from './frame-format.ts';

/** Everything that a server must do, by theme. */
export const serverCases: Readonly<Record<string, readonly ServerCase[]>> = {
  'the format of frames': frameFormat,
};
