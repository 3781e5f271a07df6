/** What wrangler runs before it builds the Worker: see `[build]` in wrangler.toml. */
import { buildReference } from "./lib/reference.ts";

buildReference();
