import type { HttpRequest } from '@lamella/http';
import { HttpResponse } from '@lamella/http';
import { ProblemError } from '@lamella/web';

/** A note that somebody has left. */
export interface Note {
  readonly id: number;
  readonly text: string;
}

/** The last hundred notes, in memory. */
export class Notes {
  readonly #notes: Note[] = [];
  #lastId = 0;

  list(): HttpResponse {
    return HttpResponse.json(this.#notes, { headers: { 'Cache-Control': 'no-cache' } });
  }

  /** @throws ProblemError if there is no such note. */
  show(id: string): HttpResponse {
    const note = this.#notes.find((one) => String(one.id) === id);
    if (note === undefined) throw new ProblemError({ status: 404, detail: 'there is no such note' });
    return HttpResponse.json(note);
  }

  /** @throws ProblemError if what was sent is no note. */
  async add(request: HttpRequest): Promise<HttpResponse> {
    const note = { id: this.#lastId + 1, text: await textOf(request) };
    this.#lastId = note.id;
    this.#notes.push(note);
    if (this.#notes.length > MAX_NOTES) this.#notes.shift();
    return HttpResponse.json(note, { status: 201, headers: { Location: `/api/notes/${note.id}` } });
  }
}

/** Of a JSON object with a `text` of 1 to 200 characters. */
async function textOf({ headers, body }: HttpRequest): Promise<string> {
  if (!/^application\/json\s*(?:;|$)/i.test(headers.get('content-type') ?? '')) {
    throw new ProblemError({ status: 415, detail: 'a note is application/json' });
  }
  const content = await body.text();
  let sent: unknown;
  try {
    sent = JSON.parse(content);
  } catch (cause) {
    throw new ProblemError({ status: 400, detail: 'that is no JSON' }, { cause });
  }
  const text = typeof sent === 'object' && sent !== null && 'text' in sent ? sent.text : undefined;
  if (typeof text === 'string' && text.length >= 1 && text.length <= MAX_CHARACTERS) return text;
  throw new ProblemError({ status: 422, detail: `text must be a string of 1 to ${MAX_CHARACTERS} characters` });
}

const MAX_NOTES = 100;
const MAX_CHARACTERS = 200;
