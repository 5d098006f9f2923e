import type { HttpClient, HttpRequest, HttpResponse } from '@lamella/http';
import { decompressionLayer, replayBodyLayer } from '@lamella/http';
import type { Service } from '@lamella/service-core';
import { systemClock } from '@lamella/service-core';
import { CliError, EXIT } from '../cli-error.ts';
import { Deadline } from './deadline.ts';
import { toSendError } from './exit-code.ts';
import type { Output } from './output.ts';
import { openOutput } from './output.ts';
import type { OwnPlan } from './plan-of.ts';
import { planOf } from './plan-of.ts';
import type { ProxyChoice } from './proxy-choice.ts';
import { proxyChoice } from './proxy-choice.ts';
import { ResponseHeads } from './response-heads.ts';
import { sendClient } from './send-client.ts';
import type { SendPlan } from './send-following.ts';
import { sendFollowing } from './send-following.ts';
import type { SendOptions } from './send-options.ts';
import { ONCE, SendRetries } from './send-retries.ts';
import type { Transcript } from './verbose.ts';
import { silentTranscript, verboseTranscript } from './verbose.ts';

/** Sends a request and writes the response to where it shall go. @throws CliError with the exit code of curl. */
export async function send(url: string, options: SendOptions): Promise<void> {
  let proxies: ProxyChoice | undefined;
  try {
    proxies = proxyChoice(options, process.env);
    await sendBy(proxies, url, options);
  } catch (error) {
    throw toSendError(error, { ...options, isProxied: proxies?.isProxied ?? false });
  }
}

async function sendBy(proxies: ProxyChoice, url: string, options: SendOptions): Promise<void> {
  const transcript = options.verbose
    ? verboseTranscript((line) => void process.stderr.write(`${line}\n`, 'latin1'))
    : silentTranscript;
  const heads = new ResponseHeads();
  const { onHead, ...plan } = planOf(url, options, transcript, heads);
  const { resolve = [], connectTimeout: connectTimeoutMs } = options;
  const client = sendClient({ resolve, connectTimeoutMs, proxy: proxies.select, transcript });
  const deadline = new Deadline(options.maxTime);
  const retries = retriesOf(options, transcript, (delayMs) => {
    heads.rewind();
    deadline.extend(delayMs);
  });
  const service = layered(tellingHeads(client, onHead), { options, plan, heads, retries });
  try {
    for (;;) {
      const attempt = new Attempt(options, transcript, heads);
      try {
        return await attempt.run(service, { ...plan, signal: deadline.start() });
      } catch (error) {
        const delayMs = await retries.delayAfter(error, () => attempt.obstacle(plan));
        if (delayMs === undefined) throw error;
        deadline.cancel();
        await new Promise<void>((elapsed) => void systemClock.startTimer(delayMs, elapsed));
      }
    }
  } finally {
    deadline.cancel();
    client.destroy();
  }
}

/** One way through everything that the command asks for. */
class Attempt {
  readonly #options: SendOptions;
  readonly #transcript: Transcript;
  readonly #heads: ResponseHeads;
  #output: Output | undefined;

  constructor(options: SendOptions, transcript: Transcript, heads: ResponseHeads) {
    this.#options = options;
    this.#transcript = transcript;
    this.#heads = heads;
  }

  async run(service: Service<HttpRequest, HttpResponse>, plan: SendPlan): Promise<void> {
    this.#heads.clear();
    const { fail, output: path, silent } = this.#options;
    const { status, reason, body } = await sendFollowing(service, plan);
    if (fail && status >= 400) {
      body.cancel();
      throw new CliError(`the server answered ${status} ${reason}`, EXIT.httpError);
    }
    this.#output = openOutput(path, silent !== true, body.size);
    const heads = this.#heads.bytes;
    if (heads !== undefined) await this.#output.write(heads);
    for await (const chunk of body) await this.#output.write(chunk);
    if (body.trailers !== undefined) this.#transcript.trailers(body.trailers);
    await this.#output.close();
  }

  /** Takes back what was written. @returns Why there can't be another attempt, if that is so. */
  async obstacle({ content }: Pick<SendPlan, 'content'>): Promise<string | undefined> {
    if (content?.canRepeat === false) return ONCE;
    const isFresh = (await this.#output?.discard()) ?? true;
    return isFresh ? undefined : 'a part of the response has been printed already';
  }
}

interface LayersInit {
  readonly options: SendOptions;
  readonly plan: Omit<SendPlan, 'signal'>;
  readonly heads: ResponseHeads;
  readonly retries: SendRetries;
}

/** Everything between what follows redirects and the client, innermost first. */
function layered(client: Service<HttpRequest, HttpResponse>, init: LayersInit): Service<HttpRequest, HttpResponse> {
  const { options, plan, heads, retries } = init;
  let service = client;
  if (options.compressed) service = decompressionLayer()(service);
  if (options.retry > 0) {
    const retrying = retries.layer([plan.method, 'GET']); // a redirect may make it GET
    service = replayBodyLayer({ maxBytes: MAX_REPLAY_BYTES })(retrying(service));
  }
  return {
    serve(request) {
      heads.mark();
      return service.serve(request);
    },
  };
}

/** Below everything that changes responses. */
function tellingHeads(client: HttpClient, onHead: OwnPlan['onHead']): Service<HttpRequest, HttpResponse> {
  return {
    async serve(request) {
      const response = await client.serve(request);
      onHead(response);
      return response;
    },
  };
}

function retriesOf(options: SendOptions, transcript: Transcript, onRetry: (delayMs: number) => void): SendRetries {
  return new SendRetries({
    count: options.retry,
    delayMs: options.retryDelay === 0 ? undefined : options.retryDelay, // as curl has it
    hasAllErrors: options.retryAllErrors ?? false,
    isFailing: options.fail ?? false,
    onRetry({ delayMs, text }) {
      transcript.note(text);
      onRetry(delayMs);
    },
    onStuck: (text) => {
      if (!options.silent) process.stderr.write(`lamella: ${text}\n`);
    },
  });
}

/** Of content that can't be made again. */
const MAX_REPLAY_BYTES = 1024 * 1024;
