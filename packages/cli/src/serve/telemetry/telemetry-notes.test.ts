import { describe, expect, it } from 'vitest';
import { telemetryNotes } from './telemetry-notes.ts';

describe('telemetryNotes', () => {
  it('tells each complaint once, whatever it is about and however many there were', () => {
    const { lines, logger } = noted();
    logger.warn('lamella: 2 traces could not be exported', new Error('nobody\nthere'));
    logger.warn('lamella: 7 traces could not be exported', new Error('nobody\nthere'));
    logger.warn('lamella: 13 metrics could not be exported', new Error('nobody\nthere'));
    logger.warn('lamella: not all could be handed over', new Error('nobody'));
    logger.error('something else');
    expect(lines).toEqual(['telemetry: 2 traces could not be exported: nobody', 'telemetry: something else']);
  });

  it('does not repeat in the words of the SDK what an exporter has told', () => {
    const { lines, logger } = noted();
    logger.error(JSON.stringify({ stack: 'long', message: 'the collector could not be reached', name: 'OtlpError' }));
    logger.error(JSON.stringify({ stack: 'long', message: 'export failed (error OtlpError: gone)', name: 'Error' }));
    logger.error(JSON.stringify({ stack: 'long', message: 'a bug', name: 'TypeError' }));
    logger.error('{no JSON');
    expect(lines).toEqual(['telemetry: TypeError: a bug', 'telemetry: {no JSON']);
  });

  it('keeps to itself what is no complaint', () => {
    const { lines, logger } = noted();
    logger.info('all is well');
    logger.debug('very well');
    logger.verbose('indeed');
    expect(lines).toEqual([]);
  });
});

function noted() {
  const lines: string[] = [];
  return { lines, logger: telemetryNotes((line) => void lines.push(line)) };
}
