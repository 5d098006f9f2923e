import { InvalidArgumentError, Option } from 'commander';

/** `--otlp`, which the environment can give as well. */
export function otlpOption(): Option {
  return new Option('--otlp <url>', 'record traces and metrics, and send them to this collector by OTLP')
    .env('OTEL_EXPORTER_OTLP_ENDPOINT')
    .argParser(collectorUrl);
}

/** Nothing is what an empty variable says; a server of gRPC may come without a scheme. */
function collectorUrl(text: string): string {
  if (text.trim() === '') return '';
  const whole = /^[^/:]+:[0-9]+$/.test(text) ? `http://${text}` : text;
  const url = URL.parse(whole);
  if (url !== null && (url.protocol === 'http:' || url.protocol === 'https:')) return whole;
  throw new InvalidArgumentError('write http://host:4318, or https://');
}
