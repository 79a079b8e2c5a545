// Drives an Ollama server with the real client of npm and prints what the client makes of its answers. Usage: node ollama-client.mjs HOST MODEL DIGEST NODE_MODULES
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const [host, model, digest, modules] = process.argv.slice(2);
const require = createRequire(pathToFileURL(join(modules, "node_modules", "x.js")));
const { Ollama } = require("ollama");
const ollama = new Ollama({ host });
const options = { temperature: 0, num_predict: 8 };
const messages = [{ role: "user", content: "In the beginning" }];

const result = { version: (await ollama.version()).version };
result.list = (await ollama.list()).models.map((m) => m.name);
const shown = await ollama.show({ model });
result.template = shown.template;
result.parameters = shown.parameters;
result.architecture = shown.model_info["general.architecture"];
result.family = shown.details.family;

const whole = await ollama.generate({ model, prompt: "In the beginning", raw: true, stream: false, logprobs: true, options });
result.generate = { text: whole.response, done: whole.done, reason: whole.done_reason, count: whole.eval_count, logprobs: whole.logprobs.map((t) => t.logprob) };
let streamed = "", pieces = 0;
for await (const piece of await ollama.generate({ model, prompt: "In the beginning", raw: true, stream: true, options })) {
  streamed += piece.response;
  pieces++;
}
result.streamed = { text: streamed, pieces };
const chat = await ollama.chat({ model, messages, stream: false, options });
result.chat = { role: chat.message.role, text: chat.message.content, prompt: chat.prompt_eval_count };
let said = "";
for await (const piece of await ollama.chat({ model, messages, stream: true, options })) said += piece.message.content;
result.chatStreamed = said;
result.running = (await ollama.ps()).models.map((m) => [m.model, m.size > 0]);

const steps = [];
for await (const step of await ollama.create({ model: "by-client", files: { "model.gguf": digest }, template: "{{ .Prompt }}", parameters: { stop: ["x"] }, system: "Be brief", stream: true })) steps.push(step.status);
result.create = steps;
result.copy = (await ollama.create({ model: "from-client", from: model, system: "Be long", stream: false })).status;
result.system = (await ollama.show({ model: "from-client" })).system;
result.deleted = (await ollama.delete({ model: "by-client" })).status;
await ollama.delete({ model: "from-client" });
result.missing = await ollama.show({ model: "by-client" }).then(() => "found", (error) => `${error.status_code} ${error.message}`);
result.missingDelete = await ollama.delete({ model: "by-client" }).then(() => "deleted", (error) => `${error.status_code} ${error.message}`);
result.missingBlob = await ollama.create({ model: "x", files: { "x.gguf": "sha256:" + "0".repeat(64) }, stream: false }).then(() => "made", (error) => error.message);
console.log(JSON.stringify(result));
