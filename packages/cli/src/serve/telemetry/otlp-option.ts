import { InvalidArgumentError, Option } from 'commander';

/** `--otlp`, which the environment can give as well. */
export function otlpOption(): Option {
  return new Option('--otlp <url>', 'record traces and metrics, and send them to this collector by OTLP')
    .env('OTEL_EXPORTER_OTLP_ENDPOINT')
    .argParser(collectorUrl);
}

function collectorUrl(text: string): string {
  const url = URL.parse(text);
  if (url !== null && (url.protocol === 'http:' || url.protocol === 'https:')) return text;
  throw new InvalidArgumentError('write http://host:4318, or https://');
}
