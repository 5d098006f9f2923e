import type { BadRequest } from '../support/bad-input.ts';
import { chunks } from './chunks.ts';
import { expectations } from './expectations.ts';
import { fieldLines } from './field-lines.ts';
import { framing } from './framing.ts';
import { hosts } from './hosts.ts';
import { pipelines } from './pipelines.ts';
import { sizes } from './sizes.ts';
import { startLines } from './start-lines.ts';
import { targets } from './targets.ts';
import { trailers } from './trailers.ts';

/** Everything that clients may do wrong, by theme. */
export const badRequests: Readonly<Record<string, readonly BadRequest[]>> = {
  'start lines': startLines,
  targets,
  'Host fields': hosts,
  'field lines': fieldLines,
  'bodies framed': framing,
  chunks,
  trailers,
  'heads too large': sizes,
  requests: expectations,
  connections: pipelines,
};
