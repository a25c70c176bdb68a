import { defineConfig } from "vite";

// One script and one style sheet, which the tool embeds in its reports and serves in its explorer.
export default defineConfig({
  esbuild: { jsx: "automatic", jsxImportSource: "preact", legalComments: "none" },
  build: {
    target: "es2022",
    outDir: "../src/Pagewise.Reports/Views/Assets",
    emptyOutDir: true,
    assetsInlineLimit: Number.MAX_SAFE_INTEGER,
    cssCodeSplit: false,
    modulePreload: false,
    lib: { entry: "src/main.tsx", formats: ["iife"], name: "Pagewise", fileName: () => "views.js", cssFileName: "views" },
  },
  define: { "process.env.NODE_ENV": JSON.stringify("production") },
});
