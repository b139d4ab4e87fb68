import { defineConfig, type Plugin } from 'vite';

const strict = "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'";

/** Content security policies by the first part of the host's name. */
const policies: Readonly<Record<string, string>> = {
  strict,
  'no-wasm': strict.replace(" 'wasm-unsafe-eval'", ''),
  'no-workers': strict.replace("worker-src 'self'", "worker-src 'none'"),
};

const contentSecurity: Plugin = {
  name: 'content-security',
  configurePreviewServer({ middlewares }) {
    middlewares.use(({ headers: { host = '' } }, response, next) => {
      const policy = policies[host.split('.')[0]!];
      if (policy) response.setHeader('content-security-policy', policy);
      next();
    });
  },
};

export default defineConfig({
  root: import.meta.dirname,
  plugins: [contentSecurity],
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
