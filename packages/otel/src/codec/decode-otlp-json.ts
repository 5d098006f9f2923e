import { OtlpError } from '../errors.ts';
import { DecodeBudget } from './decode-budget.ts';
import type { OtlpField, OtlpMessage, OtlpScalar } from './otlp-messages.ts';

/**
 * Reads a message of OTLP in JSON, in the very shape in which it comes out of protobuf.
 *
 * @throws OtlpError `LML_ERR_OTLP_BAD_MESSAGE` if it is no message, or too much. Fields that are not known are passed over.
 */
export function decodeOtlpJson(message: OtlpMessage, text: string): Record<string, unknown> {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (cause) {
    throw new OtlpError('LML_ERR_OTLP_BAD_MESSAGE', 'the message is not JSON', { cause });
  }
  return readMessage(message, parsed, 0, new DecodeBudget());
}

function readMessage(
  message: OtlpMessage,
  given: unknown,
  depth: number,
  budget: DecodeBudget,
): Record<string, unknown> {
  budget.takeMessage(depth);
  if (typeof given !== 'object' || given === null || Array.isArray(given)) throw wrongType('a message', given);
  const values = new Map<string, unknown>(Object.entries(given));
  const found: Record<string, unknown> = {};
  for (const field of message.values()) {
    const value = values.get(field.name) ?? undefined; // null stands for what is left out
    if (field.isRepeated) found[field.name] = readList(field, value ?? [], depth, budget);
    else if (value !== undefined) found[field.name] = readValue(field, value, depth, budget);
  }
  return found;
}

function readList(field: OtlpField, given: unknown, depth: number, budget: DecodeBudget): unknown[] {
  if (!Array.isArray(given)) throw wrongType(field.name, given);
  return given.map((value: unknown) => readValue(field, value, depth, budget));
}

function readValue({ name, type }: OtlpField, value: unknown, depth: number, budget: DecodeBudget): unknown {
  if (typeof type === 'function') return readMessage(type(), value, depth + 1, budget);
  budget.takeValue();
  const read = READERS[type](value);
  if (read === undefined) throw wrongType(name, value);
  return read;
}

function wrongType(name: string, value: unknown): OtlpError {
  const got = value === null ? 'null' : Array.isArray(value) ? 'a list' : typeof value;
  return new OtlpError('LML_ERR_OTLP_BAD_MESSAGE', `${name} is not what it must be, got ${got}`);
}

const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);

/** 64 bits: JSON has no such numbers, so they come as text; small ones may be numbers. */
const integerText = (value: unknown): string | undefined => {
  if (typeof value === 'string') return INTEGER.test(value) ? value : undefined;
  return Number.isInteger(value) ? String(BigInt(Number(value))) : undefined;
};

const integer = (value: unknown): number | undefined => (Number.isInteger(value) ? Number(value) : undefined);

const double = (value: unknown): number | undefined => {
  if (typeof value === 'number') return value;
  return value === 'NaN' || value === 'Infinity' || value === '-Infinity' ? Number(value) : undefined;
};

const hex = (value: unknown): string | undefined =>
  typeof value === 'string' && HEX.test(value) ? value.toLowerCase() : undefined;

/** What a value becomes; `undefined`: it is none of the type. */
const READERS: Readonly<Record<OtlpScalar, (value: unknown) => unknown>> = {
  string: text,
  bytes: text,
  id: hex,
  bool: (value) => (typeof value === 'boolean' ? value : undefined),
  double,
  fixed64: integerText,
  sfixed64: integerText,
  int64: integerText,
  uint64: integerText,
  fixed32: integer,
  uint32: integer,
  sint32: integer,
  enum: integer,
};

const INTEGER = /^-?\d{1,20}$/;
const HEX = /^(?:[0-9a-f]{2})*$/i;
