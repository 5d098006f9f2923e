// node:http with the official instrumentation: argument 1 is `traced`, argument 2 the URL of the collector, argument 3 the port.
import { createRequire } from 'node:module';
import { HttpInstrumentation } from '@opentelemetry/instrumentation-http';
import { NodeSDK } from '@opentelemetry/sdk-node';
import { answerQuestions } from './answer-questions.ts';
import { HELLO } from './payloads.ts';

const [, , , collector = '', port = '0'] = process.argv;
process.env['OTEL_EXPORTER_OTLP_ENDPOINT'] = collector;
process.env['OTEL_METRIC_EXPORT_INTERVAL'] = '1000';
new NodeSDK({ serviceName: 'bench', instrumentations: [new HttpInstrumentation()] }).start();
// What is patched is what `require` gives after the SDK has started.
const { createServer }: typeof import('node:http') = createRequire(import.meta.url)('node:http');
answerQuestions();
const server = createServer((_request, response) => {
  response.setHeader('Content-Type', 'application/json');
  response.end(HELLO);
});
server.keepAliveTimeout = 95_000; // as long as ours
server.listen(Number(port), '127.0.0.1', () => console.log('ready'));
