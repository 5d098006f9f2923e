import type { DescMessage, JsonValue, Message } from '@bufbuild/protobuf';
import { create, fromJson } from '@bufbuild/protobuf';
import { CliError, EXIT, messageOf } from '../../cli-error.ts';
import { didYouMean } from '../../words/near-names.ts';
import { parseJson } from '../json/parse-json.ts';
import type { GrowingRegistry } from '../schemas/growing-registry.ts';
import type { JsonOfData } from './json-of-data.ts';

/** Messages of JSON, one for each value. Fields that there are not are an error here: somebody has typed them. */
export async function* requestMessages(
  schema: DescMessage,
  values: AsyncIterable<JsonOfData>,
  registry: GrowingRegistry,
): AsyncGenerator<Message> {
  for await (const value of values) {
    const json = parseJson(value, value.where);
    let message: Message;
    try {
      message = await registry.convert((known) => fromJson(schema, json, { registry: known }));
    } catch (cause) {
      const why = `${messageOf(cause)}${nearFields(schema, json)}`;
      throw new CliError(`${value.where}, line ${value.line}: ${why}`, EXIT.usage, { cause });
    }
    yield message;
  }
}

/**
 * The only message; an empty one if there is none.
 *
 * @param method - Its name, for complaints.
 * @throws CliError if there are more.
 */
export async function onlyMessage(
  schema: DescMessage,
  messages: AsyncIterable<Message>,
  method: string,
): Promise<Message> {
  let only: Message | undefined;
  for await (const message of messages) {
    if (only !== undefined) throw new CliError(`${method} takes one message, and --data has more`, EXIT.usage);
    only = message;
  }
  return only ?? create(schema);
}

/** For the first field that there is not. Messages inside of others are not looked at. */
function nearFields({ fields }: DescMessage, json: JsonValue): string {
  if (typeof json !== 'object' || json === null || Array.isArray(json)) return '';
  const names = fields.flatMap(({ name, jsonName }) => [jsonName, name]);
  const wrong = Object.keys(json).find((key) => !names.includes(key));
  return wrong === undefined ? '' : didYouMean(wrong, new Set(names));
}
