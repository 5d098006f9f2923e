import type { MessageInitShape } from '@bufbuild/protobuf';
import { GrpcStatus } from '../codec/grpc-status.ts';
import { GrpcStatusError } from '../errors.ts';
import type { ReflectionResponse, reflectionSchema } from './reflection-schema.ts';

type RequestInit = MessageInitShape<ReturnType<typeof reflectionSchema>['method']['serverReflectionInfo']['input']>;

/** What is asked. */
export type ReflectionQuestion = NonNullable<RequestInit['messageRequest']>;

/** What is answered, other than an error. */
export type ReflectionAnswer = Exclude<ReflectionResponse['messageResponse'], { case: undefined | 'errorResponse' }>;

type Answer<Case extends ReflectionAnswer['case']> = {
  [Each in ReflectionAnswer as Each['case']]: Each['value'];
}[Case];

/** Questions to a server on one stream, one at a time. */
export class ReflectionStream {
  readonly #answers: AsyncIterator<ReflectionResponse>;
  #next = Promise.withResolvers<RequestInit | undefined>();

  /** @param call - Begins the stream. */
  constructor(call: (questions: AsyncIterable<RequestInit>) => AsyncIterable<ReflectionResponse>) {
    this.#answers = call(this.#questions())[Symbol.asyncIterator]();
  }

  /**
   * Asks.
   *
   * @throws GrpcStatusError what the server answers, or INTERNAL if it answers something else.
   */
  async ask<Case extends ReflectionAnswer['case']>(question: ReflectionQuestion, wanted: Case): Promise<Answer<Case>> {
    this.#next.resolve({ messageRequest: question });
    const { value, done } = await this.#answers.next();
    const answer: ReflectionResponse['messageResponse'] = done === true ? NO_ANSWER : value.messageResponse;
    if (answer.case === 'errorResponse') {
      const { errorCode, errorMessage } = answer.value;
      throw new GrpcStatusError(errorCode > 0 ? errorCode : GrpcStatus.UNKNOWN, errorMessage);
    }
    if (answer.case !== wanted) {
      throw new GrpcStatusError(GrpcStatus.INTERNAL, `reflection answered ${answer.case ?? 'nothing'}`);
    }
    // The case says which value it is.
    return answer.value as Answer<Case>;
  }

  /** There are no more questions. */
  async close(): Promise<void> {
    this.#next.resolve(undefined);
    await this.#answers.return?.();
  }

  async *#questions(): AsyncGenerator<RequestInit> {
    for (;;) {
      const question = await this.#next.promise;
      if (question === undefined) return;
      this.#next = Promise.withResolvers();
      yield question;
    }
  }
}

const NO_ANSWER = { case: undefined } as const;
