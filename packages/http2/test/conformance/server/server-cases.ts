import type { ServerCase } from '../support/server-case.ts';
import { compression } from './compression.ts';
import { connectionFrames } from './connection-frames.ts';
import { extensions } from './extensions.ts';
import { fieldSections } from './field-sections.ts';
import { flowControl } from './flow-control.ts';
import { frameFormat } from './frame-format.ts';
import { messages } from './messages.ts';
import { payloads } from './payloads.ts';
import { streamStates } from './stream-states.ts';

/** Everything that a server must do, by theme. */
export const serverCases: Readonly<Record<string, readonly ServerCase[]>> = {
  'the format of frames': frameFormat,
  'the states of streams': streamStates,
  'frames of a stream': payloads,
  'field sections': fieldSections,
  'frames of the connection': connectionFrames,
  'flow control': flowControl,
  requests: messages,
  'header compression': compression,
  'tunnels and priorities': extensions,
};
