import type {
  DescEnum,
  DescExtension,
  DescField,
  DescMessage,
  DescMethod,
  DescOneof,
  DescService,
} from '@bufbuild/protobuf';
import { ScalarType } from '@bufbuild/protobuf';
import { Edition, FieldDescriptorProto_Label, FieldDescriptorProto_Type } from '@bufbuild/protobuf/wkt';
import { visible } from '../../send/web-socket/visible.ts';

/** What can be described. */
export type Described = DescService | DescMethod | DescMessage | DescField | DescOneof | DescEnum | DescExtension;

/** A descriptor in the language of `.proto` files, with full names, and without options but `deprecated`. Fit for a terminal. */
export function descriptorText(described: Described): string {
  return linesOf(described).map(visible).join('\n');
}

function linesOf(described: Described): readonly string[] {
  switch (described.kind) {
    case 'service':
      return block(`service ${described.name}`, described.methods.flatMap(methodLines));
    case 'rpc':
      return methodLines(described);
    case 'message':
      return messageLines(described);
    case 'field':
      return [fieldLine(described)];
    case 'oneof':
      return block(`oneof ${described.name}`, described.fields.map(fieldLine));
    case 'enum':
      return enumLines(described);
    case 'extension':
      return block(`extend ${described.extendee.typeName}`, [fieldLine(described)]);
  }
}

function methodLines({ name, input, output, proto, deprecated }: DescMethod): readonly string[] {
  const request = `${proto.clientStreaming ? 'stream ' : ''}${input.typeName}`;
  const response = `${proto.serverStreaming ? 'stream ' : ''}${output.typeName}`;
  const head = `rpc ${name}(${request}) returns (${response})`;
  return deprecated ? block(head, ['option deprecated = true;']) : [`${head};`];
}

function messageLines(message: DescMessage): readonly string[] {
  const { name, members, nestedMessages, nestedEnums, nestedExtensions, deprecated, proto } = message;
  const reserved = [
    ...proto.reservedRange.map(({ start, end }) => (end - start === 1 ? `${start}` : `${start} to ${end - 1}`)),
    ...proto.reservedName.map((each) => JSON.stringify(each)),
  ];
  return block(`message ${name}`, [
    ...(deprecated ? ['option deprecated = true;'] : []),
    ...members.flatMap(linesOf),
    ...reserved.map((each) => `reserved ${each};`),
    ...nestedEnums.flatMap(enumLines),
    ...nestedMessages.flatMap(messageLines),
    ...nestedExtensions.flatMap(linesOf),
  ]);
}

function enumLines({ name, values, deprecated }: DescEnum): readonly string[] {
  return block(`enum ${name}`, [
    ...(deprecated ? ['option deprecated = true;'] : []),
    ...values.map((value) => `${value.name} = ${value.number}${optionText(value.deprecated)};`),
  ]);
}

function fieldLine(field: DescField | DescExtension): string {
  const { name, number, deprecated } = field;
  return `${labelOf(field)}${typeOf(field)} ${name} = ${number}${optionText(deprecated)};`;
}

function optionText(isDeprecated: boolean): string {
  return isDeprecated ? ' [deprecated = true]' : '';
}

function labelOf(field: DescField | DescExtension): string {
  const { fieldKind, proto, oneof } = field;
  const { edition } = field.kind === 'extension' ? field.file : field.parent.file;
  if (fieldKind === 'map' || oneof !== undefined) return '';
  if (fieldKind === 'list') return 'repeated ';
  if (proto.label === FieldDescriptorProto_Label.REQUIRED) return 'required ';
  return proto.proto3Optional || edition === Edition.EDITION_PROTO2 ? 'optional ' : '';
}

function typeOf(field: DescField | DescExtension): string {
  switch (field.fieldKind) {
    case 'map':
      return `map<${scalarName(field.mapKey)}, ${elementName(field.mapKind, field)}>`;
    case 'list':
      return elementName(field.listKind, field);
    default:
      return elementName(field.fieldKind, field);
  }
}

/** One of a list, one value of a map, or the only one. */
function elementName(
  type: 'scalar' | 'message' | 'enum',
  { scalar, message, enum: described, proto }: Pick<DescField, 'scalar' | 'message' | 'enum' | 'proto'>,
): string {
  if (type === 'scalar') return scalarName(scalar);
  const group = proto.type === FieldDescriptorProto_Type.GROUP ? 'group ' : '';
  return `${group}${(type === 'message' ? message?.typeName : described?.typeName) ?? ''}`;
}

function scalarName(scalar: ScalarType | undefined): string {
  return scalar === undefined ? '' : ScalarType[scalar].toLowerCase();
}

function block(head: string, lines: readonly string[]): readonly string[] {
  return lines.length === 0 ? [`${head} {}`] : [`${head} {`, ...lines.map((line) => `  ${line}`), '}'];
}
