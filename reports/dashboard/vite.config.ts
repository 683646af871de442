// Builds the dashboard's page into dist/dashboard: one script, one style sheet, nothing from elsewhere.
import { defineConfig } from 'vite';

const here = import.meta.dirname;

export default defineConfig({
  root: `${here}/web`,
  base: './',
  build: {
    outDir: `${here}/../../dist/dashboard`,
    emptyOutDir: true,
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    rolldownOptions: { output: { entryFileNames: 'assets/[name]-[hash].js' } },
  },
});
