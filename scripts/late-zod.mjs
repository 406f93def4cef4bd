// Stands in for `zod/v4` under the MCP SDK in the bundle: the SDK declares some 1,800 schemas before its first answer and a server needs a few
// dozen of them. Here each is only noted, and made when it is first looked into; all that the SDK can see of a schema stays as it is.
import * as z from 'zod';

export * from 'zod';

/** Methods whose answer is a schema again: noted too. All others are about this schema and make it. */
const NOTED = new Set(
  [
    'and array catch catchall default describe extend int length loose max merge min nonnegative nullable',
    'optional or pick pipe refine startsWith strict strip superRefine transform trim',
  ].flatMap((line) => line.split(' ')),
);
/** What is known of an object's fields after a method; after others it must be made to know. */
const SHAPE_AFTER = {
  catchall: (shape) => shape,
  loose: (shape) => shape,
  strict: (shape) => shape,
  strip: (shape) => shape,
  extend: (shape, more) => ({ ...shape, ...more }),
  merge: (shape, other) => ({ ...shape, ...other.shape }),
  pick: (shape, mask) => Object.fromEntries(Object.entries(shape).filter(([name]) => mask[name])),
};
const NOTE = Symbol('note');

/** What a placeholder stands for. */
class Note {
  constructor(make, shape) {
    this.make = make;
    this.shape = shape;
  }
  get schema() {
    if (this.made === undefined) {
      const { jitless } = z.config();
      // zod would compile a parser of each object that is parsed once; for these small messages that costs more than it saves.
      z.config({ jitless: true });
      try {
        this.made = this.make();
      } finally {
        z.config({ jitless });
      }
    }
    return this.made;
  }
}

const placeholder = {
  get(note, name) {
    if (name === NOTE) return note;
    // Others spread it into their own shape or count its fields; neither needs the fields' schemas.
    if (name === 'shape' && note.shape !== undefined) return note.shape;
    if (!NOTED.has(name)) return Reflect.get(note.schema, name, note.schema);
    return (...args) =>
      later(
        () => note.schema[name](...args.map(finished)),
        note.shape && SHAPE_AFTER[name]?.(note.shape, ...args),
      );
  },
  set: (note, name, value) => Reflect.set(note.schema, name, value),
  has: (note, name) => Reflect.has(note.schema, name),
  ownKeys: (note) => Reflect.ownKeys(note.schema),
  getPrototypeOf: (note) => Reflect.getPrototypeOf(note.schema),
  defineProperty: (note, name, descriptor) => Reflect.defineProperty(note.schema, name, descriptor),
  getOwnPropertyDescriptor(note, name) {
    const descriptor = Reflect.getOwnPropertyDescriptor(note.schema, name);
    // A proxy may tell of a fixed property only when its own target has it.
    return descriptor && { ...descriptor, configurable: true };
  },
};

function later(make, shape) {
  return new Proxy(new Note(make, shape), placeholder);
}

/** An argument as zod gets it: schemas made, save those of an object's fields, which zod itself asks for late. */
function finished(argument) {
  if (typeof argument !== 'object' || argument === null) return argument;
  if (argument[NOTE] !== undefined) return argument[NOTE].schema;
  if (Array.isArray(argument)) return argument.map(finished);
  if (Object.getPrototypeOf(argument) !== Object.prototype) return argument;
  const fields = Object.getOwnPropertyDescriptors(argument);
  for (const name of Object.keys(fields)) {
    const note = fields[name].value?.[NOTE];
    if (note !== undefined) fields[name] = field(name, note);
  }
  return Object.defineProperties({}, fields);
}

function field(name, note) {
  const facts = { enumerable: true, configurable: true };
  return {
    ...facts,
    get() {
      // From now on an ordinary property, as parsing reads it every time.
      Object.defineProperty(this, name, { ...facts, value: note.schema, writable: true });
      return note.schema;
    },
  };
}

const noted =
  (make) =>
  (...args) =>
    later(() => make(...args.map(finished)));
const notedObject =
  (make) =>
  (shape = {}, ...rest) =>
    later(() => make(finished(shape), ...rest), shape);

export const object = notedObject(z.object);
export const looseObject = notedObject(z.looseObject);
export const array = noted(z.array);
export const boolean = noted(z.boolean);
export const discriminatedUnion = noted(z.discriminatedUnion);
export const intersection = noted(z.intersection);
export const literal = noted(z.literal);
export const number = noted(z.number);
export const optional = noted(z.optional);
export const preprocess = noted(z.preprocess);
export const record = noted(z.record);
export const string = noted(z.string);
export const union = noted(z.union);
export const unknown = noted(z.unknown);
export const url = noted(z.url);
export const lazy = (make) => later(() => z.lazy(() => finished(make())));
const enumeration = noted(z.enum);

export { enumeration as enum };
