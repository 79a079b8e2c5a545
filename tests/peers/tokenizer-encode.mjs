// Ids that other tokenizers give. Usage: node tokenizer-encode.mjs ENGINE TOKENIZER_FOLDER DOCUMENTS_JSON [--seconds]
// ENGINE: transformers (@huggingface/transformers) or rust (npm `tokenizers`, the native library), found from HAFS_NODE_PEERS.
// Prints {"ids":[[...]],"seconds":n}; seconds is the time of a second run over the documents.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const [engine, folder, documents] = process.argv.slice(2);
const require = createRequire(join(process.env.HAFS_NODE_PEERS, 'package.json'));
const load = async name => { const found = await import(pathToFileURL(require.resolve(name)).href); return found.default ?? found; };
const json = name => JSON.parse(readFileSync(join(folder, name), 'utf8'));
const docs = JSON.parse(readFileSync(documents, 'utf8'));

let encode;
if (engine === 'rust') {
  const { Tokenizer } = await load('tokenizers');
  const tokenizer = Tokenizer.fromFile(join(folder, 'tokenizer.json'));
  encode = async text => (await tokenizer.encode(text, null, { addSpecialTokens: true })).getIds();
} else {
  const { PreTrainedTokenizer } = await load('@huggingface/transformers');
  const tokenizer = new PreTrainedTokenizer(json('tokenizer.json'), json('tokenizer_config.json'));
  encode = text => tokenizer.encode(text).map(Number);
}

const ids = [];
for (const text of docs) ids.push(await encode(text));
let seconds = 0;
if (process.argv.includes('--seconds')) {
  const start = process.hrtime.bigint();
  for (const text of docs) await encode(text);
  seconds = Number(process.hrtime.bigint() - start) / 1e9;
}
process.stdout.write(JSON.stringify({ ids, seconds }));
