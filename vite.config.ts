import { defineConfig } from 'vite';
import manifest from './package.json' with { type: 'json' };

/** `./dist/x.js` in the package's exports is built from `src/x.ts`, so the list of entries is said once. */
const entry = Object.values(manifest.exports).map((target) => target.default.replace('./dist/', 'src/').replace(/\.js$/, '.ts'));

const external = Object.keys(manifest.peerDependencies);

export default defineConfig({
  build: {
    target: 'es2022',
    // The user's bundler minifies; readable files make readable stack traces.
    minify: false,
    sourcemap: true,
    lib: { entry, formats: ['es'] },
    rolldownOptions: {
      external: (id) => external.some((name) => id === name || id.startsWith(`${name}/`)),
      // One output file per source file: what a user does not import is not even read.
      output: { preserveModules: true, preserveModulesRoot: 'src', entryFileNames: '[name].js' },
    },
  },
});
