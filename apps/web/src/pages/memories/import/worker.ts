// A worker of the page: a file that is broken or hostile can keep it busy, and nobody else.
import { serveReader } from "./serve.ts";

serveReader(self);
