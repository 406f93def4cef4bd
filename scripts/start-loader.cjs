#!/usr/bin/env node
// dist/main.js: runs start.js from V8's code cache where this very Node made one at build time, else compiles it.
const { readFileSync } = require('node:fs');
const { join } = require('node:path');
const { Script } = require('node:vm');

const filename = join(__dirname, 'start.js');
// esbuild escapes all that is not ASCII, and V8 is faster with one byte per character.
const source = readFileSync(filename, 'latin1');
const cache = join(__dirname, `start-__KEY__-${process.version}-${process.platform}-${process.arch}.cache`);
let cachedData;
try {
  cachedData = readFileSync(cache);
} catch {}
// A cache that does not fit (other V8 flags) is refused by V8, which then compiles.
const script = new Script(source, { filename, cachedData });
const chunks = script.runInThisContext();
const modules = new Map();

function chunk(name) {
  let module = modules.get(name);
  if (module === undefined) {
    module = { exports: {} };
    modules.set(name, module);
    chunks[name](module.exports, requireFrom, module);
  }
  return module.exports;
}

function requireFrom(id) {
  if (!id.startsWith('.')) return require(id);
  const name = id.slice(id.lastIndexOf('/') + 1);
  return Object.hasOwn(chunks, name) ? chunk(name) : require(`./chunks/${name}`);
}

module.exports = { chunk, cache, script };
chunk('main.js');
