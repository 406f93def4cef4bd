// Starts the built server as a host would (stdin is its first messages) and writes the code cache of what ran: `node code-cache.cjs dist/main.js`.
// The last line on stdout is the file's path.
const { writeFileSync } = require('node:fs');

const write = process.stdout.write.bind(process.stdout);
process.stdout.write = (line, ...rest) => {
  const more = write(line, ...rest);
  if (String(line).includes('"id":2')) setImmediate(keep);
  return more;
};
// As if the server had been started by its own name, without arguments.
process.argv.splice(1, 1);
const built = require(process.argv[1]);

function keep() {
  writeFileSync(built.cache, built.script.createCachedData());
  write(built.cache, () => process.exit(0));
}
