// Renders chat templates with @huggingface/jinja. Usage: node tokenizer-template.mjs CASES_JSON
// CASES_JSON: [{"template": "...", "variables": {...}}]. Prints [{"text": "..."} | {"error": "..."}].
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const require = createRequire(join(process.env.HAFS_NODE_PEERS, 'package.json'));
const { Template } = await import(pathToFileURL(require.resolve('@huggingface/jinja')).href);
const raise_exception = message => { throw new Error(message); };
const strftime_now = format => format.replace('%Y', '2026').replace('%m', '11').replace('%d', '21').replace('%b', 'Nov').replace('%B', 'November');
const results = JSON.parse(readFileSync(process.argv[2], 'utf8')).map(({ template, variables }) => {
  try {
    return { text: new Template(template).render({ ...variables, raise_exception, strftime_now }) };
  } catch (error) {
    return { error: String(error.message) };
  }
});
process.stdout.write(JSON.stringify(results));
