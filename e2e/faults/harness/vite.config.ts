import { defineConfig } from 'vite';

export default defineConfig({
  root: import.meta.dirname,
  // A subdomain of localhost is an origin of its own, and a process of its own.
  preview: { allowedHosts: ['.localhost'] },
  worker: { format: 'es' },
  build: {
    target: 'es2022',
    minify: false,
    rolldownOptions: {
      input: { index: 'index.html', elsewhere: 'elsewhere.html', 'service-worker': 'service-worker.ts' },
      // A service worker's address must stay the same.
      output: { entryFileNames: '[name].js' },
    },
  },
});
