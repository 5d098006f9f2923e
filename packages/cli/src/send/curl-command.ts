import { toCurl } from '@lamella/http';
import { cookieFiles } from './cookies/send-cookies.ts';
import type { OwnPlan } from './plan-of.ts';
import { firstRequest } from './send-following.ts';
import type { SendOptions } from './send-options.ts';

/** A command, and whether it has to be given the content. */
export interface CurlCommand {
  readonly text: string;
  /** Whether the content is too long for a command, which takes it from its standard input then. */
  readonly needsContent: boolean;
}

/**
 * The `curl` command that does what a command of ours would: the same request, and every option of it that curl has as well.
 *
 * @remarks
 * Credentials and typed cookies stand in it, as they have to for doing the same. Files of forms, uploads and cookies are named, not read.
 */
export async function curlCommand(plan: OwnPlan, options: SendOptions): Promise<CurlCommand> {
  const signal = new AbortController().signal; // nothing is sent
  const byName = contentByName(options);
  const request = firstRequest({ ...plan, signal, content: byName.length > 0 ? undefined : plan.content });
  const command = await toCurl(request, { includesSensitive: true, maxBodyBytes: MAX_BODY_BYTES });
  const words = [...byName, ...sameOptions(options)].map(shellWord);
  return { text: [command, ...words].join(' '), needsContent: (request.body.size ?? 0) > MAX_BODY_BYTES };
}

/** Content whose parts are files, as options; curl would announce an upload by Expect, which we do not. */
function contentByName({ form, formString, uploadFile }: SendOptions): string[] {
  const fields = form ?? formString ?? []; // the same list
  const words = fields.flatMap(({ type, text }) => [type === 'form' ? '--form' : '--form-string', text]);
  if (uploadFile !== undefined) words.push('--upload-file', uploadFile);
  return words.length === 0 ? [] : [...words, '--header', 'Expect:'];
}

/** Everything about how to send, and what to do with the response. */
function sameOptions(options: SendOptions): string[] {
  const { maxTime, connectTimeout, maxRedirs, retry, retryDelay } = options;
  const flags: readonly (readonly [flag: string, isGiven: boolean | undefined])[] = [
    ['--compressed', options.compressed],
    ['--location', options.location],
    ['--fail', options.fail],
    ['--include', options.include],
    ['--verbose', options.verbose],
    ['--silent', options.silent],
    ['--show-error', options.showError],
    ['--retry-all-errors', options.retryAllErrors],
    ['--insecure', options.insecure],
    ['--cert-status', options.certStatus],
    ['--proxytunnel', options.proxytunnel],
    ['--proxy-insecure', options.proxyInsecure],
    ['--proxy-http2', options.proxyHttp2],
    ['--http1.1', options['http1.1']],
    ['--http2', options.http2],
    ['--http2-prior-knowledge', options.http2PriorKnowledge],
    ['--tlsv1.2', options['tlsv1.2']],
    ['--tlsv1.3', options['tlsv1.3']],
  ];
  const values: readonly (readonly [option: string, value: string | number | undefined])[] = [
    ['--max-redirs', options.location ? (maxRedirs === Number.POSITIVE_INFINITY ? -1 : maxRedirs) : undefined],
    ['--output', options.output],
    ['--proxy', options.proxy],
    ['--proxy-user', options.proxyUser],
    ['--noproxy', options.noproxy],
    ['--proxy-cacert', options.proxyCacert],
    ['--proxy-cert', options.proxyCert],
    ['--proxy-key', options.proxyKey],
    ['--proxy-pass', options.proxyPass],
    ['--proxy-pinnedpubkey', options.proxyPinnedpubkey],
    ['--proxy-ciphers', options.proxyCiphers],
    ['--proxy-tls13-ciphers', options.proxyTls13Ciphers],
    ['--max-time', secondsOf(maxTime)],
    ['--connect-timeout', secondsOf(connectTimeout)],
    ...(options.resolve ?? []).map((entry) => ['--resolve', entry] as const),
    ...(options.connectTo ?? []).map((entry) => ['--connect-to', entry] as const),
    ...cookieFiles(options.cookie ?? []).map((path) => ['--cookie', path] as const),
    ['--cookie-jar', options.cookieJar],
    ['--tls-max', options.tlsMax],
    ['--cacert', options.cacert],
    ['--cert', options.cert],
    ['--key', options.key],
    ['--pass', options.pass],
    ['--pinnedpubkey', options.pinnedpubkey],
    ['--ciphers', options.ciphers],
    ['--tls13-ciphers', options.tls13Ciphers],
    ['--retry', retry > 0 ? retry : undefined],
    ['--retry-delay', secondsOf(retryDelay)],
  ];
  return [
    ...flags.flatMap(([flag, isGiven]) => (isGiven === true ? [flag] : [])),
    ...values.flatMap(([option, value]) => (value === undefined ? [] : [option, String(value)])),
  ];
}

function secondsOf(timeMs: number | undefined): number | undefined {
  return timeMs === undefined ? undefined : timeMs / 1_000;
}

/** A word for a POSIX shell, in which nothing means anything. */
function shellWord(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

const MAX_BODY_BYTES = 1024 * 1024;
