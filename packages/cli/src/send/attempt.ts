import type { HttpRequest, HttpResponse } from '@lamella/http';
import type { Service } from '@lamella/service-core';
import { CliError, EXIT } from '../cli-error.ts';
import type { Output } from './output.ts';
import { openOutput } from './output.ts';
import type { ResponseHeads } from './response-heads.ts';
import type { SendPlan } from './send-following.ts';
import { sendFollowing } from './send-following.ts';
import type { SendOptions } from './send-options.ts';
import { ONCE } from './send-retries.ts';
import type { Transcript } from './verbose.ts';

/** One way through everything that the command asks for. */
export class Attempt {
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
