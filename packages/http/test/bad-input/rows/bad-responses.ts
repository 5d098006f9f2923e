import type { BadResponse } from '../support/bad-input.ts';
import { interimResponses } from './interim-responses.ts';
import { responseChunks } from './response-chunks.ts';
import { responseFields } from './response-fields.ts';
import { responseFraming, unaskedBytes } from './response-framing.ts';
import { statusLines } from './status-lines.ts';

/** Everything that servers may do wrong, by theme. */
export const badResponses: Readonly<Record<string, readonly BadResponse[]>> = {
  'first lines': statusLines,
  'field lines': responseFields,
  'bodies framed': responseFraming,
  chunks: responseChunks,
  exchanges: interimResponses,
  'bytes that nobody asked for': unaskedBytes,
};
