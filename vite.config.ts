import { defineConfig, type Plugin } from 'vite';
import manifest from './package.json' with { type: 'json' };

/** `./dist/x.js` in the package's exports is built from `src/x.ts`, so the list of entries is said once. */
const entry = Object.values(manifest.exports)
  .flatMap((target) => ('node' in target ? [target.node, target.default] : [target.default]))
  .map((file) => file.replace('./dist/', 'src/').replace(/\.js$/, '.ts'));

/** The text on one line becomes another of as many columns or so: the map of the source stays right to the line. */
function replaced(code: string, from: RegExp, to: (...found: string[]) => string): { code: string; map: null } | null {
  return from.test(code) ? { code: code.replace(from, to), map: null } : null;
}

/** The bundler of whoever uses the library finds its worker and the WebAssembly; here Vite would make a bundle of its own of them. */
const keepAddresses: Plugin = {
  name: 'keep-addresses',
  enforce: 'pre',
  transform: (code) => replaced(code, /new URL\('(.*?)(\.ts)?', import\.meta\.url\)/, (_, path: string, source?: string) => `'address:${path}${source ? '.js' : ''}'`),
  renderChunk: (code) => replaced(code, /"address:(.*?)"/, (_, address: string) => `new URL("${address}", import.meta.url)`),
};

const external = Object.keys(manifest.peerDependencies);

export default defineConfig({
  plugins: [keepAddresses],
  build: {
    target: 'es2022',
    // The user's bundler minifies; readable files make readable stack traces.
    minify: false,
    sourcemap: true,
    lib: { entry, formats: ['es'] },
    rolldownOptions: {
      external: (id) => id.startsWith('node:') || external.some((name) => id === name || id.startsWith(`${name}/`)),
      // One output file per source file: what a user does not import is not even read.
      // A constant that stays one is written where it is used by the user's bundler.
      output: { preserveModules: true, preserveModulesRoot: 'src', entryFileNames: '[name].js', topLevelVar: false },
    },
  },
});
