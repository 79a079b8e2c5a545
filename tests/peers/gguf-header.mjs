// Prints what @huggingface/gguf sees in a local GGUF file: metadata in order, with types, and tensor infos. Usage: node gguf-header.mjs FILE NODE_MODULES
import { createRequire } from "node:module";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";

const [file, modules] = process.argv.slice(2);
const require = createRequire(join(resolve(modules), "peers.cjs"));
const { gguf } = await import(pathToFileURL(require.resolve("@huggingface/gguf")));
const { typedMetadata, tensorInfos, tensorDataOffset } = await gguf(file, { allowLocalFile: true, typedMetadata: true });
const header = { metadata: Object.entries(typedMetadata), tensors: tensorInfos, tensorDataOffset };

// Whole numbers of 64 bits do not fit JavaScript's numbers, and JSON has neither NaN nor -0: as text, all stay exact.
const isLost = (value) => typeof value === "number" && (!Number.isFinite(value) || Object.is(value, -0));
const exact = (_, value) => (typeof value === "bigint" ? String(value) : isLost(value) ? (Object.is(value, -0) ? "-0" : String(value)) : value);
process.stdout.write(JSON.stringify(header, exact));
