import { defineConfig } from 'vite';

export default defineConfig({
  root: import.meta.dirname,
  // RxDB brings a Dexie of its own, and Dexie refuses to be there twice.
  resolve: { dedupe: ['dexie'], alias: [{ find: /^ermine$/, replacement: '../dist/index.js' }, { find: /^ermine\/(.*)$/, replacement: '../dist/$1.js' }].map((alias) => ({ ...alias, replacement: new URL(alias.replacement, import.meta.url).pathname })) },
  build: { target: 'es2022', outDir: 'dist', emptyOutDir: true },
  preview: { allowedHosts: true },
});
