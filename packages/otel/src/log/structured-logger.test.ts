import { HttpRequest } from '@lamella/http';
import { ROOT_CONTEXT, SeverityNumber, trace } from '@opentelemetry/api';
import { InMemoryLogRecordExporter, LoggerProvider, SimpleLogRecordProcessor } from '@opentelemetry/sdk-logs';
import pino from 'pino';
import { describe, expect, it } from 'vitest';
import { TelemetryContext } from '../context/telemetry-context.ts';
import { loggerFor, otelLogger, pinoLogger, traceFields } from './structured-logger.ts';

const SPAN = { traceId: '0af7651916cd43dd8448eb211c80319c', spanId: 'b7ad6b7169203331', traceFlags: 1 };
const CONTEXT = trace.setSpanContext(ROOT_CONTEXT, SPAN);
const IDS = { trace_id: SPAN.traceId, span_id: SPAN.spanId, trace_flags: '01' };

describe('structured logs', () => {
  it('carry the ids of a trace by pino', () => {
    const lines: string[] = [];
    const logger = pinoLogger(
      pino({ base: null, timestamp: false, level: 'debug' }, { write: (line: string) => void lines.push(line) }),
    );
    logger.log({
      level: 'warn',
      message: 'almost full',
      fields: { percent: 93, trace_id: 'forged' },
      context: CONTEXT,
    });
    logger.log({ level: 'debug', message: 'outside' });
    expect(lines.map((line): unknown => JSON.parse(line))).toEqual([
      { level: 40, percent: 93, ...IDS, msg: 'almost full' },
      { level: 20, msg: 'outside' },
    ]);
  });

  it('are records of OpenTelemetry that belong to a span', async () => {
    const exporter = new InMemoryLogRecordExporter();
    const loggerProvider = new LoggerProvider({ processors: [new SimpleLogRecordProcessor({ exporter })] });
    const request = HttpRequest.from({ target: '/' });
    request.extensions.insert(TelemetryContext, CONTEXT);
    const logger = loggerFor(request, otelLogger({ loggerProvider }));
    logger.log({ level: 'error', message: 'failed', fields: { attempt: 2 } });
    const [record] = exporter.getFinishedLogRecords();
    expect(record).toMatchObject({
      body: 'failed',
      severityNumber: SeverityNumber.ERROR,
      severityText: 'ERROR',
      attributes: { attempt: 2 },
      spanContext: { traceId: SPAN.traceId, spanId: SPAN.spanId },
    });
    await loggerProvider.shutdown();
  });

  it('say nothing of a trace that there is not', () => {
    expect(traceFields()).toEqual({});
    expect(traceFields(CONTEXT)).toEqual(IDS);
    otelLogger().log({ level: 'info', message: 'nobody listens' });
  });
});
