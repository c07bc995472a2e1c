import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

// Two pages, one set of shared chunks. Everything but the pages has its content's hash in its name, so that it may be
// kept for a year (src/api/pages.cpp). Nothing is inlined as data:, so that the Content-Security-Policy can stay strict.
export default defineConfig({
  plugins: [react()],
  build: {
    outDir: "../build/web",
    emptyOutDir: true,
    target: "es2022",
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 700,
    rollupOptions: {
      input: { index: "index.html", calls: "calls.html" },
      output: { manualChunks: { shared: ["react", "react-dom", "@mantine/core", "@mantine/hooks"] } },
    },
  },
});
