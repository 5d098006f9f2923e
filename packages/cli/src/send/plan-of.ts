import type { HttpResponse, InformationalResponse } from '@lamella/http';
import { CliError, EXIT } from '../cli-error.ts';
import { typedCookies } from './cookies/send-cookies.ts';
import { requestContent } from './request-content.ts';
import { typedHeader } from './request-headers.ts';
import type { ResponseHeads } from './response-heads.ts';
import type { SendPlan } from './send-following.ts';
import type { SendOptions } from './send-options.ts';
import { targetUrl } from './target-url.ts';
import type { Transcript } from './verbose.ts';

/** What a command asks for. */
export interface OwnPlan extends Omit<SendPlan, 'signal'> {
  /** Hears of the head of every response, interim ones and redirects included, as it came. */
  readonly onHead: (response: HttpResponse | InformationalResponse) => void;
}

/** Understands a command. @throws CliError if its options are wrong, contradict each other, or name files that can't be read. */
export function planOf(url: string, options: SendOptions, transcript: Transcript, heads: ResponseHeads): OwnPlan {
  const { target, credentials } = targetUrl(url);
  const { json = [], uploadFile } = options;
  const data = options.data ?? options.dataBinary ?? options.dataRaw ?? []; // all the same list
  const form = options.form ?? options.formString ?? []; // likewise
  const content = requestContent({ data, json, form, uploadFile });
  if (options.head && content !== undefined) throw new CliError('use either -I or content', EXIT.usage);
  if (options.harSecrets && options.har === undefined) throw new CliError('--har-secrets needs --har', EXIT.usage);
  if (options.curl && options.har !== undefined) {
    throw new CliError('--curl sends nothing that --har could record', EXIT.usage);
  }
  const onHead: OwnPlan['onHead'] = (response) => {
    transcript.received(response);
    if (options.include || options.head) heads.add(response);
  };
  return {
    target: content?.fileName ? withFileName(target, content.fileName) : target,
    method: options.request ?? (options.head ? 'HEAD' : (content?.method ?? 'GET')),
    headers: (options.header ?? []).map(typedHeader),
    credentials: options.user ?? credentials,
    cookies: typedCookies(options.cookie ?? []),
    isCompressed: options.compressed ?? false,
    content,
    maxRedirects: options.location ? options.maxRedirs : undefined,
    onHead,
    onInterim: onHead,
    onRedirect: (next) => transcript.note(`Following the redirect to ${next}`),
  };
}

/** A path that ends with a slash is a folder, in which the file gets its name. */
function withFileName(target: string, fileName: string): string {
  return target.replace(/^[^?]*\/(?=\?|$)/, (folder) => `${folder}${encodeURIComponent(fileName)}`);
}
