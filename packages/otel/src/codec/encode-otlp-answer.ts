/** Part of what was sent was not taken. */
export interface OtlpRejection {
  /** Number of spans, data points or log records that were not taken, at least 0. */
  readonly rejected: number;
  /** Why, for people. */
  readonly message: string;
}

/** What says how many of which were not taken. */
const REJECTED = { traces: 'rejectedSpans', metrics: 'rejectedDataPoints', logs: 'rejectedLogRecords' } as const;

/** The answer to an export in JSON. */
export function encodeOtlpJsonAnswer(signal: keyof typeof REJECTED, rejection: OtlpRejection | undefined): string {
  if (rejection === undefined) return '{}';
  const { rejected, message } = rejection;
  return JSON.stringify({ partialSuccess: { [REJECTED[signal]]: String(rejected), errorMessage: message } });
}

/** The answer to an export in protobuf: the same for all signals. */
export function encodeOtlpAnswer(rejection: OtlpRejection | undefined): Uint8Array {
  if (rejection === undefined) return new Uint8Array(0);
  const message = Buffer.from(rejection.message, 'utf8');
  const partial = [8, ...varint(rejection.rejected), 18, ...varint(message.length), ...message];
  return Uint8Array.from([10, ...varint(partial.length), ...partial]);
}

function varint(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128);
  bytes.push(rest);
  return bytes;
}
