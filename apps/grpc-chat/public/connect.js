// A small client of Connect, with JSON: all that a browser needs to call the services of this server.

/** How a call ended that did not end well; `code` is a word such as `not_found`. */
export class CallError extends Error {
  constructor({ code = 'unknown', message = code }) {
    super(message);
    this.code = code;
  }
}

/** One message each way. */
export async function call(method, message) {
  const response = await fetch(`/${method}`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', 'Connect-Protocol-Version': '1' },
    body: JSON.stringify(message),
  });
  if (!response.ok) throw new CallError(await response.json().catch(() => ({ code: 'unavailable' })));
  return response.json();
}

/** A stream of the server. Messages of the client go as they are all there: browsers send no request that still grows. */
export async function* stream(method, messages, { signal } = {}) {
  const response = await fetch(`/${method}`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/connect+json', 'Connect-Protocol-Version': '1' },
    body: new Blob(messages.map((message) => frame(JSON.stringify(message)))),
    signal,
  });
  if (!response.ok) throw new CallError({ code: 'unavailable', message: `HTTP ${response.status}` });
  for await (const { flags, text } of frames(response.body.getReader())) {
    if ((flags & END) === 0) yield JSON.parse(text);
    else if (JSON.parse(text).error === undefined) return;
    else throw new CallError(JSON.parse(text).error);
  }
  throw new CallError({ code: 'unavailable', message: 'the stream broke off' });
}

/** A stream of the client, and one message for it. */
export async function collect(method, messages) {
  let answer;
  for await (const message of stream(method, messages)) answer = message;
  return answer;
}

/** A prefix of a byte of flags and four bytes of length, and the message. */
function frame(text) {
  const content = new TextEncoder().encode(text);
  const bytes = new Uint8Array(PREFIX + content.length);
  new DataView(bytes.buffer).setUint32(1, content.length);
  bytes.set(content, PREFIX);
  return bytes;
}

async function* frames(reader) {
  let rest = new Uint8Array();
  for (;;) {
    while (rest.length >= PREFIX) {
      const end = PREFIX + new DataView(rest.buffer, rest.byteOffset).getUint32(1);
      if (rest.length < end) break;
      yield { flags: rest[0], text: new TextDecoder().decode(rest.subarray(PREFIX, end)) };
      rest = rest.subarray(end);
    }
    const { value, done } = await reader.read();
    if (done) return;
    const joined = new Uint8Array(rest.length + value.length);
    joined.set(rest);
    joined.set(value, rest.length);
    rest = joined;
  }
}

const PREFIX = 5;
const END = 2;
