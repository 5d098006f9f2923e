import { call, collect, stream } from './connect.js';

const byId = (id) => document.getElementById(id);
const element = (name, properties, ...children) => {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
};

let listening = new AbortController();
let room = 'lobby';

/** Shows a room from now on. */
function enter(name) {
  room = name;
  byId('room').textContent = name;
  byId('messages').replaceChildren();
  listening.abort();
  listening = new AbortController();
  void follow(name, listening.signal);
}

/** Shows what is said, for as long as the room is shown; goes on where it broke off. */
async function follow(name, signal) {
  let last = 0;
  for (let waitMs = 500; !signal.aborted; waitMs = Math.min(waitMs * 2, 10_000)) {
    try {
      state('connected');
      for await (const message of stream('chat.v1.Chat/Subscribe', [{ room: name }], { signal })) {
        waitMs = 500;
        if (message.number <= last) continue;
        last = message.number;
        show(message);
      }
    } catch (error) {
      if (signal.aborted) return;
      state(`${error.message}; trying again`);
    }
    await new Promise((resolve) => setTimeout(resolve, waitMs));
  }
}

function show({ author, text, atMs }) {
  const time = element('time', { dateTime: new Date(atMs).toISOString() }, new Date(atMs).toLocaleTimeString());
  byId('messages').append(element('li', {}, time, ' ', element('b', {}, author), ' ', text));
  byId('messages').scrollTop = byId('messages').scrollHeight;
}

async function showRooms() {
  const { rooms = [] } = await call('chat.v1.Chat/ListRooms', {});
  byId('rooms').replaceChildren(
    ...rooms.map(({ name, listeners = 0 }) => {
      const button = element('button', { type: 'button', onclick: () => enterAndList(name) }, `${name} (${listeners})`);
      button.setAttribute('aria-current', String(name === room));
      return element('li', {}, button);
    }),
  );
}

async function showFiles() {
  const { files = [] } = await call('chat.v1.Files/List', {});
  byId('files').replaceChildren(
    ...files.map((file) => {
      const button = element('button', { type: 'button', onclick: () => tell(download(file)) }, file.name);
      return element('li', {}, button, ' ', element('span', {}, `${file.size ?? 0} bytes`));
    }),
  );
}

function enterAndList(name) {
  enter(name);
  void tell(showRooms());
}

/** A stream of the client: the file in pieces. */
async function upload(file) {
  const bytes = new Uint8Array(await file.arrayBuffer());
  const pieces = [{ name: file.name }];
  for (let start = 0; start < bytes.length; start += PIECE_BYTES) {
    pieces.push({ data: toBase64(bytes.subarray(start, start + PIECE_BYTES)) });
  }
  await collect('chat.v1.Files/Upload', pieces);
  await showFiles();
}

/** A stream of the server: the pieces become a file again. */
async function download({ id, name }) {
  const pieces = [];
  for await (const { data } of stream('chat.v1.Files/Download', [{ id }])) pieces.push(fromBase64(data));
  const link = element('a', { href: URL.createObjectURL(new Blob(pieces)), download: name });
  link.click();
  URL.revokeObjectURL(link.href);
}

function toBase64(bytes) {
  return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''));
}

function fromBase64(text) {
  return Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
}

const state = (text) => {
  byId('state').textContent = text;
};

/** Says what went wrong, or nothing. */
async function tell(work) {
  try {
    await work;
    byId('failure').textContent = '';
  } catch (error) {
    byId('failure').textContent = error.message;
  }
}

/** Does something with a form rather than load another page. */
function onSubmit(id, act) {
  byId(id).addEventListener('submit', (event) => {
    event.preventDefault();
    void tell(act(new FormData(event.target), event.target));
  });
}

onSubmit('say', async (data, form) => {
  await call('chat.v1.Chat/Send', { room, author: data.get('author'), text: data.get('text') });
  form.elements.text.value = '';
});
onSubmit('enter', async (data, form) => {
  enter(data.get('room'));
  form.reset();
  await showRooms();
});
onSubmit('upload', async (data, form) => {
  await upload(data.get('file'));
  form.reset();
});

const PIECE_BYTES = 65_536;

enter(room);
await tell(Promise.all([showRooms(), showFiles()]));
setInterval(() => showRooms().catch(() => {}), 5_000);
