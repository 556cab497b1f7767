/** Places in the checkout, and the pinned Deno that all tasks use. */
import { fileURLToPath } from "node:url";

export const ROOT = fileURLToPath(new URL("..", import.meta.url)).replace(/\/$/, "");
export const LIBRARY = `${ROOT}/ffi/target/release/liblegend.so`;
/** What cargo is to build for it: the library, and the executable that it starts for trials of models. */
export const LIBRARY_CRATES = ["-p", "abi", "-p", "models"];
export const EXECUTABLE = `${ROOT}/dist/legend`;
/** Captured chain data outside the checkout; see the README on what happens without it. */
export const SHARED = `${ROOT}/../shared/data`;
/** Marker files of finished set-up steps, ignored by git. */
export const CACHE = `${ROOT}/.cache`;
/** Folders with TypeScript tests that need no executable. */
export const UNIT_TESTS = [
  "app",
  "cli",
  "core",
  "ffi",
  "islands",
  "proto",
  "routes",
  "services",
  "tests/api",
  "tools",
  "workers",
];
/** Folders whose tests run dist/legend. */
export const EXECUTABLE_TESTS = ["tests/e2e", "tests/findings", "tests/kafka"];
/** Folders whose tests compare with other programs' answers, which they install. */
export const ORACLE_TESTS = ["tests/oracles"];
/** Where a test may be. */
export const TESTS = [...UNIT_TESTS, ...EXECUTABLE_TESTS, ...ORACLE_TESTS];
