import manifest from '../package.json' with { type: 'json' };

/** The package's version, the same in manifest.json and everywhere it is said. */
export const version: string = manifest.version;
