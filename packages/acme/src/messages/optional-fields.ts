/** The fields of an object that a server has sent. */
export type Fields = Readonly<Record<string, unknown>>;

/** Whether a value is an object with names. */
export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A field that is a text of 1 to 2_048 characters, or is left out. */
export function optionalText(fields: Fields, name: string): string | undefined {
  const value = fields[name];
  return typeof value === 'string' && value !== '' && value.length <= MAX_TEXT_LENGTH ? value : undefined;
}

const MAX_TEXT_LENGTH = 2_048;
