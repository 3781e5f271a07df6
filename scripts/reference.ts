/** What wrangler runs before it builds the Worker: see `[build]` in wrangler.toml. */
import { buildReference } from "../dev/reference.ts";

buildReference();
