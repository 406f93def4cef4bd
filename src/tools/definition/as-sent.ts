/**
 * Arguments as models write them and hosts pass them on: an object as JSON text, a number in quotes, one value where a
 * list is wanted. The tool's own schema says what is wanted; what can mean one thing only is read as that.
 */
import * as z from 'zod';
import { isJsonObject, type JsonObject, type JsonValue, parseJson } from '../../json.ts';

const NUMBER = /^[+-]?\d+(\.\d+)?(e[+-]?\d+)?$/i;
const BOOLEANS = new Map([
  ['true', true],
  ['false', false],
]);

/** JSON Schemas made so far: one for each tool that is called. */
const shapes = new WeakMap<z.ZodType, JsonObject>();

/** The arguments in the form that the schema wants; what means nothing in it stays, to be refused by the schema. */
export function readSent(args: unknown, schema: z.ZodType): unknown {
  let shape = shapes.get(schema);
  if (shape === undefined) {
    const { ...made }: JsonObject = JSON.parse(
      JSON.stringify(z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any', reused: 'inline' })),
    );
    shape = made;
    shapes.set(schema, shape);
  }
  return read(args, shape);
}

/** The object that stands in a text; anything else stays as it is. */
export function objectIn(value: unknown): unknown {
  const parsed = typeof value === 'string' ? parseJson(value) : undefined;
  return isJsonObject(parsed) ? parsed : value;
}

function read(value: unknown, shape: JsonValue | undefined): unknown {
  const forms = formsOf(shape);
  if (forms.some((form) => takes(form, value))) {
    const form = forms.find((each) => takes(each, value));
    if (Array.isArray(value)) return value.map((each) => read(each, form?.['items']));
    return isJsonObject(value) && form !== undefined ? readMembers(value, form) : value;
  }
  const readings = forms.flatMap((form) => {
    const reading = readAs(value, form);
    return reading === undefined ? [] : [reading];
  });
  return readings.length === 1 ? readings[0] : value;
}

/** Models write null for what they leave out. */
function readMembers(value: JsonObject, form: JsonObject): Record<string, unknown> {
  const { properties, required } = form;
  const known = isJsonObject(properties) ? properties : {};
  const isNeeded = (name: string) => Array.isArray(required) && required.includes(name);
  const members = Object.entries(value).flatMap(([name, member]): [string, unknown][] => {
    if (!Object.hasOwn(known, name)) return [[name, member]];
    const isLeftOut =
      member === null && !isNeeded(name) && !formsOf(known[name]).some((each) => takes(each, null));
    return isLeftOut ? [] : [[name, read(member, known[name])]];
  });
  return Object.fromEntries(members);
}

/** The one thing of this form that is meant; undefined when there is none. */
function readAs(value: unknown, form: JsonObject): unknown {
  const { type } = form;
  if (type === 'array') return readAsList(value, form);
  if (typeof value !== 'string') return undefined;
  const text = value.trim();
  if (type === 'boolean') return BOOLEANS.get(text.toLowerCase());
  if (type === 'number' || type === 'integer') {
    const number = NUMBER.test(text) ? Number(text) : Number.NaN;
    return Number.isFinite(number) ? number : undefined;
  }
  const parsed = type === 'object' ? parseJson(text) : undefined;
  return isJsonObject(parsed) ? readMembers(parsed, form) : undefined;
}

/** A list written as text, or the one entry of a list. */
function readAsList(value: unknown, { items }: JsonObject): readonly unknown[] | undefined {
  const parsed = typeof value === 'string' ? parseJson(value.trim()) : undefined;
  const list = Array.isArray(parsed) ? parsed : [value];
  const entries = list.map((each) => read(each, items));
  const forms = formsOf(items);
  return entries.every((each) => forms.some((one) => takes(one, each))) ? entries : undefined;
}

/** What a schema takes: one form, or several beside each other. */
function formsOf(shape: JsonValue | undefined): readonly JsonObject[] {
  if (!isJsonObject(shape)) return [{}];
  const { anyOf } = shape;
  return Array.isArray(anyOf) ? anyOf.flatMap(formsOf) : [shape];
}

/** Whether a value is of this form; its limits are the schema's business. */
function takes(form: JsonObject, value: unknown): boolean {
  const { type, enum: values } = form;
  if (type === 'string' && Array.isArray(values)) return values.some((each) => each === value);
  if (type === 'array') return Array.isArray(value);
  if (type === 'object') return isJsonObject(value);
  if (type === 'integer' || type === 'number') return typeof value === 'number';
  return typeof type !== 'string' || typeof value === type || (type === 'null' && value === null);
}
