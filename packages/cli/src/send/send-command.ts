import { Command } from 'commander';
import {
  listOption,
  redirectsOption,
  retriesOption,
  secondsOption,
  someSecondsOption,
  valueOption,
} from '../options.ts';
import type { FormField } from './form-part.ts';
import type { DataPart } from './request-content.ts';
import { send } from './send.ts';
import type { SendOptions } from './send-options.ts';
import { withSendTlsOptions } from './tls/with-send-tls-options.ts';
import { sendWebSocket } from './web-socket/send-web-socket.ts';
import type { SocketOptions } from './web-socket/socket-options.ts';
import { isWebSocketUrl } from './web-socket/socket-options.ts';
import { withProxyOptions } from './with-proxy-options.ts';

/** `lamella send URL`: one request, as curl would send it. */
export function sendCommand(): Command {
  // One list for three options: what they say is joined in the order in which they were written.
  const data: DataPart[] = [];
  const dataOption = (type: DataPart['type']) => (text: string) => {
    data.push({ type, text });
    return data;
  };
  const form: FormField[] = [];
  const formOption = (type: FormField['type']) => (text: string) => {
    form.push({ type, text });
    return form;
  };
  const command = new Command('send')
    .description('Send one request and print the response, the way curl does; or open a WebSocket and talk.')
    .argument('<url>', 'where to, http[s]:// or ws[s]://; http:// may be left out, and :8080 is a port of this machine')
    .option('-X, --request <method>', 'method (default: GET, or the one that the content needs)')
    .option('-I, --head', 'ask for the head alone, and print it')
    .option('-H, --header <line>', "header 'Name: value', sent as written; 'Name:' takes a default away", listOption)
    .option('-d, --data <data>', 'POST as a form; @file or @- without its line ends; joined by &', dataOption('data'))
    .option('--data-binary <data>', 'the same, with files as they are', dataOption('binary'))
    .option('--data-raw <data>', 'the same, and @ means nothing', dataOption('raw'))
    .option('--json <data>', 'POST as JSON; @file or @-', listOption)
    .option(
      '-F, --form <part>',
      'POST a multipart form: name=text, name=@file, name=<file; ;type= and ;filename= behind',
      formOption('form'),
    )
    .option('--form-string <part>', 'the same, and @, < and ; mean nothing', formOption('text'))
    .option('--compressed', 'ask for compressed content, and decode it')
    .option('-T, --upload-file <file>', 'PUT a file, or the standard input (-)')
    .option('-u, --user <name:password>', 'basic authentication')
    .option('-b, --cookie <data|file>', "send cookies: 'name=value', or those of a file; repeat for more", listOption)
    .option('-c, --cookie-jar <file>', 'write all cookies to a file at the end')
    .option('-L, --location', 'follow redirects; credentials stay with the host that they were meant for')
    .addOption(
      valueOption('--max-redirs <count>', 'most redirects to follow, -1 for any number', redirectsOption, '50'),
    )
    .option('-f, --fail', 'no output and exit code 22 if the status is 400 or more')
    .option('-o, --output <file>', 'write the response to a file')
    .option('-i, --include', 'print the heads of responses as well')
    .option('-v, --verbose', 'print what goes over the wire on the error output')
    .option('-s, --silent', 'print neither progress nor errors')
    .option('-S, --show-error', 'print errors, in spite of -s')
    .option('--http1.1', 'speak HTTP/1.1 (default: HTTP/2 or HTTP/1.1 by TLS, as the server likes; HTTP/1.1 in clear)')
    .option('--http2', 'speak HTTP/2 by TLS, if the server does')
    .option('--http2-prior-knowledge', 'speak HTTP/2 without asking, in clear too');
  return withProxyOptions(withSendTlsOptions(command))
    .option('--proxy-http2', 'speak HTTP/2 with an https proxy, if it does')
    .option('-p, --proxytunnel', 'ask the proxy for a tunnel for http:// too')
    .option(
      '-m, --max-time <seconds>',
      'longest time for everything, anew with each retry (default: no limit)',
      someSecondsOption,
    )
    .addOption(
      valueOption('--connect-timeout <seconds>', 'longest time for each step of connecting', someSecondsOption, '10'),
    )
    .option('--resolve <host:port:address>', 'use this address for a host at a port; repeat for more', listOption)
    .option(
      '--connect-to <from:to>',
      'connect to another place for one, host:port:host:port; each of the four may be empty; repeat for more',
      listOption,
    )
    .addOption(
      valueOption('--retry <count>', 'send again after timeouts, 408, 429, 500, 502, 503, 504', retriesOption, '0'),
    )
    .option(
      '--retry-delay <seconds>',
      'wait before each retry (default: 1, then twice as long each time)',
      secondsOption,
    )
    .option('--retry-all-errors', 'send again after all other failures too')
    .option('--har <file>', 'record all exchanges to a HAR file, without credentials and cookies')
    .option('--har-secrets', 'record credentials and cookies too')
    .option('--curl', 'print the curl command that does the same, secrets and all, instead of sending')
    .option('--ws-protocol <name>', 'offer a subprotocol; repeat for more, the one liked best first', listOption)
    .addOption(
      valueOption('--ws-wait <seconds>', 'silence after the last message, before it closes', secondsOption, '1'),
    )
    .addHelpText('after', HELP)
    .action((url: string, options: SendOptions & SocketOptions) =>
      isWebSocketUrl(url) ? sendWebSocket(url, options) : send(url, options),
    );
}

const HELP = `
Exit codes are curl's: 3 bad URL, 5 unknown proxy, 6 unknown host, 7 no connection, 18 response cut short,
22 status of 400 or more with -f, 23 cannot write, 26 cannot read, 28 too slow, 47 too many redirects,
52 no response, 56 connection lost, 61 and 63 content that can not be decoded, or is too long then.
TLS: 35 no handshake, 58 bad --cert or --key, 59 bad cipher suites, 60 a server or proxy that is not trusted,
77 bad --cacert, 90 another key than that of --pinnedpubkey, 91 a certificate without a good status.
HTTP/2: 16 the connection failed, 92 the stream did.

To a ws:// or wss:// URL, each line of the standard input is a message, or each -d and --json; Ctrl+D and Ctrl+C close.

Examples:
  lamella send -i :9000/items
  lamella send -d name=value -d @more.txt http://127.0.0.1:9000/form
  lamella send -F title=Sunset -F photo=@sunset.png http://127.0.0.1:9000/photos
  lamella send -b cookies -c cookies -d name=me -L http://127.0.0.1:9000/login
  lamella send -L -o page.html -x proxy.example:8080 http://example.com/
  lamella send -v --cacert ~/.config/lamella/ca/ca.pem https://localhost:9443/
  lamella send ws://127.0.0.1:9000/chat`;
