import type { HttpRequest, HttpResponse } from '@lamella/http';
import type { Service } from '@lamella/service-core';
import { systemClock } from '@lamella/service-core';
import { messageOf } from '../cli-error.ts';
import { Attempt } from './attempt.ts';
import { sendCookies } from './cookies/send-cookies.ts';
import { curlCommand } from './curl-command.ts';
import { Deadline } from './deadline.ts';
import { toSendError } from './exit-code.ts';
import { harFile } from './har-file.ts';
import type { OwnPlan } from './plan-of.ts';
import { planOf } from './plan-of.ts';
import type { ProxyChoice } from './proxy-choice.ts';
import { proxyChoice } from './proxy-choice.ts';
import { proxyWay } from './proxy-way.ts';
import { ResponseHeads } from './response-heads.ts';
import { clientOf } from './send-client.ts';
import type { SendPlan } from './send-following.ts';
import { sendLayers } from './send-layers.ts';
import type { SendOptions } from './send-options.ts';
import { SendRetries } from './send-retries.ts';
import type { Transcript } from './verbose.ts';
import { silentTranscript, verboseTranscript } from './verbose.ts';

/** Sends a request and writes the response to where it shall go. @throws CliError with the exit code of curl. */
export async function send(url: string, options: SendOptions): Promise<void> {
  const transcript = options.verbose
    ? verboseTranscript((line) => void process.stderr.write(`${line}\n`, 'latin1'))
    : silentTranscript;
  let proxies: ProxyChoice | undefined;
  try {
    proxies = proxyChoice(options, process.env, proxyWay(options, transcript.note));
    await sendBy(proxies, url, options, transcript);
  } catch (error) {
    throw toSendError(error, { ...options, isProxied: proxies?.isProxied ?? false });
  }
}

async function sendBy(proxies: ProxyChoice, url: string, options: SendOptions, transcript: Transcript): Promise<void> {
  const warn = (text: string): void => {
    if (!options.silent) process.stderr.write(`lamella: ${text}\n`);
  };
  const heads = new ResponseHeads();
  const plan = planOf(url, options, transcript, heads);
  if (options.curl) return await printCurl(plan, options, warn);
  const client = clientOf(options, proxies.select, {
    ...transcript,
    sent(request, isToProxy, protocol = 'http/1.1') {
      heads.speaks(protocol);
      transcript.sent(request, isToProxy, protocol);
    },
  });
  const deadline = new Deadline(options.maxTime);
  const retries = retriesOf(options, transcript, warn, (delayMs) => {
    heads.rewind();
    deadline.extend(delayMs);
  });
  const cookies = sendCookies(options, { note: transcript.note, warn });
  const recording = options.har === undefined ? undefined : harFile(options.har, options.harSecrets === true);
  const service = sendLayers(client, {
    plan,
    heads,
    retries: options.retry > 0 ? retries : undefined,
    cookies: cookies.layer,
    recording: recording?.layer,
  });
  try {
    await attempts(service, plan, { deadline, retries, begin: () => new Attempt(options, transcript, heads) });
  } catch (error) {
    tryTo(() => recording?.save(), warn); // what went wrong first is what the command ends with
    throw error;
  } finally {
    deadline.cancel();
    client.destroy();
    cookies.save();
  }
  recording?.save();
}

interface AttemptsInit {
  readonly deadline: Deadline;
  readonly retries: SendRetries;
  readonly begin: () => Attempt;
}

/** Goes all the way, and if that fails anew as often as it may. */
async function attempts(
  service: Service<HttpRequest, HttpResponse>,
  plan: Omit<SendPlan, 'signal'>,
  { deadline, retries, begin }: AttemptsInit,
): Promise<void> {
  for (;;) {
    const attempt = begin();
    try {
      return await attempt.run(service, { ...plan, signal: deadline.start() });
    } catch (error) {
      const delayMs = await retries.delayAfter(error, () => attempt.obstacle(plan));
      if (delayMs === undefined) throw error;
      deadline.cancel();
      await new Promise<void>((elapsed) => void systemClock.startTimer(delayMs, elapsed));
    }
  }
}

async function printCurl(plan: OwnPlan, options: SendOptions, warn: (text: string) => void): Promise<void> {
  const { text, needsContent } = await curlCommand(plan, options);
  process.stdout.write(`${text}\n`);
  if (needsContent) warn('the content is too long for a command; give it to curl as its standard input');
}

function tryTo(save: () => void, warn: (text: string) => void): void {
  try {
    save();
  } catch (error) {
    warn(messageOf(error));
  }
}

function retriesOf(
  options: SendOptions,
  transcript: Transcript,
  warn: (text: string) => void,
  onRetry: (delayMs: number) => void,
): SendRetries {
  return new SendRetries({
    count: options.retry,
    delayMs: options.retryDelay === 0 ? undefined : options.retryDelay, // as curl has it
    hasAllErrors: options.retryAllErrors ?? false,
    isFailing: options.fail ?? false,
    onRetry({ delayMs, text }) {
      transcript.note(text);
      onRetry(delayMs);
    },
    onStuck: warn,
  });
}
