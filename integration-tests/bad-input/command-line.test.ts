import { createServer } from 'node:net';
import { describe, it, onTestFinished } from 'vitest';
import { listening } from '../support/free-port.ts';
import { temporaryFile, temporaryFolder } from '../support/temporary-folder.ts';
import { expectRefused } from './support/expect-refused.ts';

/** A command that can't do what it is told: one line that says why, a documented exit code, and no stack. */
interface BadCommand {
  readonly name: string;
  readonly args: readonly string[];
  readonly code: number;
  /** What the line says. */
  readonly says: string | RegExp;
}

const options: readonly BadCommand[] = [
  { name: 'an unknown command', args: ['bogus'], code: 2, says: "unknown command 'bogus'" },
  { name: 'help on an unknown command', args: ['help', 'sned'], code: 2, says: /'sned'\n\(Did you mean send\?\)/ },
  { name: 'a server without serve', args: ['echo'], code: 2, says: /'echo'\n\(Did you mean serve echo\?\)/ },
  { name: 'an unknown command and --help', args: ['bogus', '--help'], code: 2, says: "unknown command 'bogus'" },
  { name: 'an unknown server', args: ['serve', 'bogus'], code: 2, says: "unknown command 'bogus'" },
  { name: 'an unknown option', args: ['serve', 'echo', '--bogus'], code: 2, says: "unknown option '--bogus'" },
  {
    name: 'an option without its value',
    args: ['serve', 'echo', '--bind'],
    code: 2,
    says: /--bind.* argument missing/,
  },
  { name: 'an argument too many', args: ['serve', 'echo', 'extra'], code: 2, says: /too many arguments/ },
  { name: 'an argument too few', args: ['send'], code: 2, says: "missing required argument 'url'" },
  { name: 'a wrong address', args: ['serve', 'echo', '--bind', 'a b'], code: 2, says: /"a b" is not an address/ },
  { name: 'a wrong port', args: ['serve', 'echo', '--bind', '127.0.0.1:65536'], code: 2, says: /is not an address/ },
  { name: 'a wrong time', args: ['serve', 'echo', '--grace', '-1'], code: 2, says: /write a number of seconds/ },
  { name: 'a wrong count', args: ['serve', 'echo', '--max-connections', '0'], code: 2, says: /at least 1/ },
  { name: 'a user without a password', args: ['serve', 'proxy', '--auth', 'me'], code: 2, says: /write name:password/ },
  { name: 'a wrong port for tunnels', args: ['serve', 'proxy', '--connect-ports', '0'], code: 2, says: /write ports/ },
  {
    name: 'a proxy that would be open to strangers',
    args: ['serve', 'proxy', '--bind', '0.0.0.0:0'],
    code: 2,
    says: /could be used by strangers: listen on 127\.0\.0\.1, set auth.* \(--auth, --dangerously-open-to-all\)/,
  },
  { name: 'no route', args: ['serve', 'reverse'], code: 2, says: /use either --to or --config/ },
  {
    name: 'a route that is none',
    args: ['serve', 'reverse', '--to', 'ftp://a'],
    code: 2,
    says: /write http:\/\/upstream/,
  },
  {
    name: 'a route to nowhere',
    args: ['serve', 'reverse', '--bind', '127.0.0.1:0', '--to', 'http://'],
    code: 2,
    says: /to must be a URL/,
  },
  {
    name: 'two routes for the same',
    args: ['serve', 'reverse', '--bind', '127.0.0.1:0', '--to', 'http://a', '--to', 'http://b'],
    code: 2,
    says: /two routes are for any host/,
  },
];

const sends: readonly BadCommand[] = [
  {
    name: 'an unknown scheme',
    args: ['ftp://a.test/'],
    code: 1,
    says: 'the scheme ftp is not supported; http and https are',
  },
  { name: 'a URL that is none', args: ['http://['], code: 3, says: '"http://[" is not a URL' },
  { name: 'a URL with a host that is none', args: ['http://a!b/'], code: 3, says: '"http://a!b/" is not a URL' },
  { name: 'a header that is none', args: ['-H', 'bad', ':1'], code: 2, says: `-H "bad": write 'Name: value'` },
  {
    name: 'a header that hides another',
    args: ['-H', 'X: a\r\nY: b', ':1'],
    code: 2,
    says: /header X holds a character that no field value may hold/,
  },
  { name: 'a method that is none', args: ['-X', 'B D', ':1'], code: 2, says: 'method "B D" is not a token' },
  {
    name: 'a wrong address for a host',
    args: ['--resolve', 'a.test:80:b', ':1'],
    code: 2,
    says: /write host:port:address/,
  },
  { name: 'a wrong port for a host', args: ['--resolve', 'a.test:70000:::1', ':1'], code: 2, says: /70000" is not/ },
  { name: 'a proxy that is none', args: ['-x', 'ht!tp', 'http://a.test/'], code: 3, says: '"ht!tp" is not a URL' },
  { name: 'two kinds of content', args: ['-d', 'a', '--json', 'b', ':1'], code: 2, says: /use one of/ },
  { name: 'a part of a form without a name', args: ['-F', '=a', ':1'], code: 2, says: /-F "=a": write name=text/ },
  { name: 'a form and data', args: ['-F', 'a=b', '-d', 'c', ':1'], code: 2, says: /use one of -d, --json, -F and -T/ },
  { name: 'a form of a missing file', args: ['-F', 'a=@/missing/file', ':1'], code: 26, says: /cannot read \/missing/ },
  {
    name: 'a file that is missing',
    args: ['-d', '@/missing/file', ':1'],
    code: 26,
    says: /cannot read \/missing\/file/,
  },
  {
    name: 'a port that nobody listens on',
    args: ['http://127.0.0.1:1/'],
    code: 7,
    says: 'connect to 127.0.0.1:1: refused',
  },
  { name: 'no time', args: ['--max-time', '0', ':1'], code: 2, says: /greater than 0/ },
];

describe('a command line', () => {
  it.each(options)('with $name is refused', ({ args, code, says }) => expectRefused(args, code, says));
});

describe('lamella send', () => {
  it.each(sends)('with $name is refused', ({ args, code, says }) => expectRefused(['send', ...args], code, says));

  it('can not read a folder', async () => {
    const folder = temporaryFolder();
    await expectRefused(['send', '-T', folder, ':1'], 26, `cannot read ${folder}: it is a folder`);
  });

  it('tells an answer that is no HTTP from one', async () => {
    const server = createServer((socket) => socket.on('error', () => {}).end('SSH-2.0-x\r\n\r\n'));
    onTestFinished(() => void server.close());
    await expectRefused(['send', `http://127.0.0.1:${await listening(server)}/`], 8, /not an HTTP\/1 status line/);
  });

  it('tells content that is not coded as it says', async () => {
    const answer = 'HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 5\r\n\r\nhello';
    const server = createServer((socket) => socket.on('error', () => {}).once('data', () => socket.end(answer)));
    onTestFinished(() => void server.close());
    const url = `http://127.0.0.1:${await listening(server)}/`;
    await expectRefused(['send', '--compressed', url], 61, /the content is no valid gzip/);
  });

  it('tells a response that is cut short from a whole one', async () => {
    const answer = 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel';
    const server = createServer((socket) => socket.on('error', () => {}).once('data', () => socket.end(answer)));
    onTestFinished(() => void server.close());
    await expectRefused(['send', `http://127.0.0.1:${await listening(server)}/`], 18, /ended in the response/, 'hel');
  });
});

describe('a server that can not listen', () => {
  it.each(['echo', 'proxy'])('because its port is busy says so: serve %s', async (what) => {
    const server = createServer();
    onTestFinished(() => void server.close());
    const address = `127.0.0.1:${await listening(server)}`;
    const says = `cannot listen on ${address}: something listens there already; stop it or choose another address`;
    await expectRefused(['serve', what, '--bind', address], 1, says);
  });

  it('because its path is a file says so, and leaves the file', async () => {
    const path = temporaryFile('a-file', 'content');
    await expectRefused(['serve', 'echo', '--bind', `unix:${path}`], 1, /^lamella: cannot listen on unix:/);
  });

  it('because its folder is missing says so', async () => {
    await expectRefused(['serve', 'echo', '--bind', 'unix:/missing/socket'], 1, /the directory does not exist/);
  });
});
