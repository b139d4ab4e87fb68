import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

export default defineConfig({
  // Relative addresses: the page works under any path.
  base: './',
  plugins: [react()],
  build: {
    target: 'es2022',
    sourcemap: true,
    rolldownOptions: { input: ['index.html', 'devices.html'].map((page) => `${import.meta.dirname}/${page}`) },
  },
});
