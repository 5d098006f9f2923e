import type { HttpRequest } from '@lamella/http';
import { HttpResponse } from '@lamella/http';
import { jsonBody, ProblemError } from '@lamella/web';
import { object, string } from 'zod';

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

  /** @throws RequestBodyError if what was sent is no note: JSON of another form, or none. */
  async add(request: HttpRequest): Promise<HttpResponse> {
    const { text } = await readNote(request);
    const note = { id: ++this.#lastId, text };
    this.#notes.push(note);
    if (this.#notes.length > MAX_NOTES) this.#notes.shift();
    return HttpResponse.json(note, { status: 201, headers: { Location: `/api/notes/${note.id}` } });
  }
}

const MAX_NOTES = 100;
const readNote = jsonBody({ schema: object({ text: string().min(1).max(200) }), maxBytes: 10_000 });
