import { join } from 'node:path'
import tailwindcss from '@tailwindcss/vite'
import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'

/** The console as files a browser reads. `npm run console` serves them while one works on them. */
export default defineConfig({
  root: import.meta.dirname,
  plugins: [react(), tailwindcss()],
  build: {
    outDir: join(import.meta.dirname, '../dist/console'),
    emptyOutDir: true,
    target: 'es2023',
    // The content security policy allows no data: URL but for pictures, and no inline script.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rolldownOptions: {
      // The phone alone is the page of the simulator.
      input: {
        index: join(import.meta.dirname, 'index.html'),
        phone: join(import.meta.dirname, 'phone.html'),
      },
    },
  },
  server: {
    host: '127.0.0.1',
    proxy: { '/api': { target: process.env.POMBO_HUB ?? 'http://127.0.0.1:3001', changeOrigin: true } },
  },
})
