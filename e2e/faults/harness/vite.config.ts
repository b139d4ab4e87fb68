import { defineConfig } from 'vite';

export default defineConfig({
  root: import.meta.dirname,
  // A subdomain of localhost is an origin of its own, and a process of its own.
  preview: { allowedHosts: ['.localhost'], cors: true },
  build: {
    target: 'es2022',
    minify: false,
    rolldownOptions: {
      input: { index: 'index.html', elsewhere: 'elsewhere.html', sync: 'sync.html', worker: 'worker.ts' },
      // A worker is found by its address.
      output: { entryFileNames: '[name].js' },
    },
  },
});
