import {
  JsonLogsSerializer,
  JsonMetricsSerializer,
  JsonTraceSerializer,
  ProtobufLogsSerializer,
  ProtobufMetricsSerializer,
  ProtobufTraceSerializer,
} from '@opentelemetry/otlp-transformer';
import { describe, expect, it } from 'vitest';
import { telemetryOfEverything } from '../../test/support/telemetry-of-everything.ts';
import { MAX_DEPTH, MAX_VALUES } from './decode-budget.ts';
import { decodeOtlpJson } from './decode-otlp-json.ts';
import { decodeOtlpProtobuf } from './decode-otlp-protobuf.ts';
import { OTLP_REQUESTS } from './otlp-messages.ts';

const BAD = { code: 'LML_ERR_OTLP_BAD_MESSAGE' };
const everything = await telemetryOfEverything();
const exports = {
  traces: [
    ProtobufTraceSerializer.serializeRequest(everything.spans),
    JsonTraceSerializer.serializeRequest(everything.spans),
  ],
  metrics: [
    ProtobufMetricsSerializer.serializeRequest(everything.metrics),
    JsonMetricsSerializer.serializeRequest(everything.metrics),
  ],
  logs: [
    ProtobufLogsSerializer.serializeRequest(everything.logs),
    JsonLogsSerializer.serializeRequest(everything.logs),
  ],
} as const;

describe('what the official serializers write', () => {
  it.each(['traces', 'metrics', 'logs'] as const)('is read alike in both formats: %s', (signal) => {
    const [protobuf = new Uint8Array(0), json] = exports[signal];
    const fromProtobuf = decodeOtlpProtobuf(OTLP_REQUESTS[signal], protobuf);
    expect(Object.values(fromProtobuf)[0]).toHaveLength(1);
    expect(withoutDefaults(fromProtobuf)).toEqual(
      withoutDefaults(decodeOtlpJson(OTLP_REQUESTS[signal], Buffer.from(json ?? []).toString())),
    );
  });

  it('keeps times, ids, values of each kind, events, links and statuses', () => {
    const { resourceSpans } = decodeOtlpProtobuf(OTLP_REQUESTS.traces, exports.traces[0] ?? new Uint8Array(0));
    const [child, parent] = everything.spans;
    expect(resourceSpans).toMatchObject([
      {
        resource: { attributes: [{ key: 'service.name', value: { stringValue: 'shop' } }] },
        scopeSpans: [
          {
            scope: { name: 'test', version: '1.2' },
            schemaUrl: 'https://opentelemetry.io/schemas/1.45.0',
            spans: [
              {
                spanId: child?.spanContext().spanId,
                parentSpanId: parent?.spanContext().spanId,
                status: { code: 2, message: 'broken' },
                links: [{ traceId: parent?.spanContext().traceId, attributes: [{ key: 'why' }] }],
              },
              {
                traceId: parent?.spanContext().traceId,
                name: 'GET /',
                kind: 2,
                startTimeUnixNano: '1700000000123456789',
                endTimeUnixNano: '1700000001000000000',
                attributes: expect.arrayContaining([
                  { key: 'text', value: { stringValue: 'ä' } },
                  { key: 'yes', value: { boolValue: true } },
                  { key: 'negative', value: { intValue: '-7' } },
                  { key: 'part', value: { doubleValue: 1.5 } },
                  { key: 'list', value: { arrayValue: { values: [{ stringValue: 'a' }, { stringValue: 'b' }] } } },
                ]),
                events: [{ name: 'lamella.queue', timeUnixNano: '1700000000200000000' }],
              },
            ],
          },
        ],
      },
    ]);
  });

  it.each(['traces', 'metrics', 'logs'] as const)(
    'is never half read: %s cut anywhere fails, or ends with a field',
    (signal) => {
      const [bytes = new Uint8Array(0)] = exports[signal];
      // One resource is the whole message, so every cut is within it.
      for (let length = 1; length < bytes.length; length++) {
        expect(() => decodeOtlpProtobuf(OTLP_REQUESTS[signal], bytes.subarray(0, length))).toThrow(
          expect.objectContaining(BAD),
        );
      }
    },
  );
});

describe('decodeOtlpProtobuf', () => {
  const traces = (...bytes: number[]) => decodeOtlpProtobuf(OTLP_REQUESTS.traces, Uint8Array.from(bytes));

  it('reads nothing as an empty message', () => expect(traces()).toEqual({ resourceSpans: [] }));

  it('passes over fields that are not known, of every wire type', () => {
    const unknown = [
      ...[0x98, 0x06, 0xff, 0x01],
      ...[0x99, 0x06, 1, 2, 3, 4, 5, 6, 7, 8],
      ...[0x9a, 0x06, 1, 0],
      ...[0x9d, 0x06, 1, 2, 3, 4],
    ];
    expect(traces(...unknown, 0x0a, 0)).toEqual({ resourceSpans: [{ scopeSpans: [] }] });
  });

  it('takes lists of numbers packed and one by one', () => {
    const point = (bytes: number[]) => {
      const wrap = (tag: number, inner: number[]) => [tag, inner.length, ...inner];
      const metric = wrap(0x4a, wrap(0x0a, bytes));
      return decodeOtlpProtobuf(OTLP_REQUESTS.metrics, Uint8Array.from(wrap(0x0a, wrap(0x12, wrap(0x12, metric)))));
    };
    const five = [5, 0, 0, 0, 0, 0, 0, 0];
    const packed = point([0x32, 16, ...five, ...five]);
    expect(packed).toEqual(point([0x31, ...five, 0x31, ...five]));
    expect(JSON.stringify(packed)).toContain('"bucketCounts":["5","5"]');
  });

  it.each([
    ['a message that is a number', [0x08, 1]],
    ['a text that is a number', [0x0a, 2, 0x18, 1]],
    ['a group', [0x0b]],
    ['a wire type that there is not', [0x0e]],
    ['the field number 0', [0x00]],
    ['a field number beyond the largest', [0xf8, 0xff, 0xff, 0xff, 0x1f, 0]],
    ['an integer of eleven bytes', [0x98, 0x06, ...Array.from({ length: 10 }, () => 0xff), 1]],
    ['a length beyond the end', [0x0a, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f]],
  ])('refuses %s', (_what, bytes) => expect(() => traces(...bytes)).toThrow(expect.objectContaining(BAD)));
});

describe('decodeOtlpJson', () => {
  const metrics = (value: unknown) => decodeOtlpJson(OTLP_REQUESTS.metrics, JSON.stringify(value));
  const point = (fields: object) => ({
    resourceMetrics: [{ scopeMetrics: [{ metrics: [{ sum: { dataPoints: [fields], unknown: 1 } }] }] }],
  });

  it('takes integers as numbers and as text, numbers that JSON has not, null for what is left out, ids in capitals', () => {
    const read = metrics(
      point({ asInt: 5, startTimeUnixNano: '7', asDouble: 'NaN', exemplars: [{ spanId: 'AB' }], flags: null }),
    );
    expect(read).toEqual({
      resourceMetrics: [
        {
          scopeMetrics: [
            {
              metrics: [
                {
                  metadata: [],
                  sum: {
                    dataPoints: [
                      {
                        asInt: '5',
                        startTimeUnixNano: '7',
                        asDouble: Number.NaN,
                        attributes: [],
                        exemplars: [{ spanId: 'ab', filteredAttributes: [] }],
                      },
                    ],
                  },
                },
              ],
            },
          ],
        },
      ],
    });
  });

  it.each([
    ['no JSON', '{'],
    ['a list', '[]'],
    ['null', 'null'],
    ['text for a list', '{"resourceMetrics":"all"}'],
    ['a number for a message', '{"resourceMetrics":[1]}'],
    ['a fraction for an integer', JSON.stringify(point({ asInt: 1.5 }))],
    ['words for an integer', JSON.stringify(point({ asInt: 'five' }))],
    ['words for a number', JSON.stringify(point({ asDouble: 'five' }))],
    ['a number for a text', JSON.stringify(point({ attributes: [{ key: 1 }] }))],
    ['a text for true or false', JSON.stringify(point({ attributes: [{ value: { boolValue: 'yes' } }] }))],
    ['half a byte for an id', JSON.stringify(point({ exemplars: [{ spanId: 'abc' }] }))],
    ['a text for a small integer', JSON.stringify(point({ flags: 'x' }))],
  ])('refuses %s', (_what, text) => {
    expect(() => decodeOtlpJson(OTLP_REQUESTS.metrics, text)).toThrow(expect.objectContaining(BAD));
  });
});

describe('values within values', () => {
  // Two messages for each level: a value, and its list. Above them stand an export, a resource and an attribute.
  const levels = Math.floor((MAX_DEPTH - 3) / 2);
  const jsonOf = (depth: number) => {
    let value = '{"intValue":"1"}';
    for (let level = 0; level < depth; level++) value = `{"arrayValue":{"values":[${value}]}}`;
    return `{"resourceLogs":[{"resource":{"attributes":[{"key":"a","value":${value}}]}}]}`;
  };
  const protobufOf = (depth: number) => {
    let value: readonly number[] = [];
    const wrap = (tag: number, inner: readonly number[]) => [tag, ...lengthOf(inner.length), ...inner];
    for (let level = 0; level < depth; level++) value = wrap(0x2a, wrap(0x0a, value));
    return Uint8Array.from(wrap(0x0a, wrap(0x0a, wrap(0x0a, wrap(0x12, value)))));
  };

  it('are read up to a depth, and no further', () => {
    const json = (depth: number) => () => decodeOtlpJson(OTLP_REQUESTS.logs, jsonOf(depth));
    const protobuf = (depth: number) => () => decodeOtlpProtobuf(OTLP_REQUESTS.logs, protobufOf(depth));
    for (const decode of [json, protobuf]) {
      expect(decode(levels - 1)).not.toThrow();
      expect(decode(levels + 1)).toThrow(expect.objectContaining(BAD));
      expect(decode(1_000)).toThrow(expect.objectContaining(BAD));
    }
  });
});

describe('exports of many small things', () => {
  it.each<[string, (count: number) => void]>([
    [
      'messages in protobuf',
      (count) =>
        decodeOtlpProtobuf(
          OTLP_REQUESTS.traces,
          new Uint8Array(count * 2).map((_, index) => (index % 2 === 0 ? 0x0a : 0)),
        ),
    ],
    [
      'messages in JSON',
      (count) => decodeOtlpJson(OTLP_REQUESTS.traces, `{"resourceSpans":[${Array(count).fill('{}').join()}]}`),
    ],
    // Five messages stand above the list.
    ['numbers in one piece', (count) => decodeOtlpProtobuf(OTLP_REQUESTS.metrics, explicitBounds(count - 5))],
  ])('are read up to a count of all of them: %s', (_what, decode) => {
    expect(() => decode(MAX_VALUES - 1)).not.toThrow(); // the export itself is one
    expect(() => decode(MAX_VALUES)).toThrow(expect.objectContaining(BAD));
  });

  function explicitBounds(count: number): Uint8Array {
    const wrap = (tag: number, inner: Uint8Array): Uint8Array =>
      Buffer.concat([Uint8Array.from([tag, ...lengthOf(inner.length)]), inner]);
    const point = wrap(0x3a, new Uint8Array(count * 8)); // explicit_bounds, packed doubles
    return wrap(0x0a, wrap(0x12, wrap(0x12, wrap(0x4a, wrap(0x0a, point)))));
  }
});

/** Protobuf leaves out what is 0, empty or false; JSON may say so. */
function withoutDefaults(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutDefaults);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).filter(
    ([, field]) => field !== 0 && field !== '' && field !== '0' && field !== false,
  );
  return Object.fromEntries(entries.map(([name, field]) => [name, withoutDefaults(field)]));
}

function lengthOf(length: number): number[] {
  return length < 128 ? [length] : [(length % 128) + 128, ...lengthOf(Math.floor(length / 128))];
}
