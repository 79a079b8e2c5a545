using System.Text.Json.Nodes;
using HafsModels.Architectures;

namespace HafsModels.Conversion.Onnx;

/// <summary>What onnxruntime-genai loads: one graph, genai_config.json, tokenizer.</summary>
internal sealed class GenAiFiles : OnnxLayoutFiles
{
    private const string Graph = "model.onnx";

    /// <summary>Takes one type.</summary>
    /// <exception cref="HafsException">There are several: the folder holds one model.</exception>
    public GenAiFiles(ModelFolder folder, IReadOnlyList<OnnxDataType> types)
        : base(folder, types)
    {
        if (types.Count != 1)
            throw new HafsException(ErrorKind.InvalidArgument, "GenAiOneDataType", $"onnxruntime-genai reads one model from a folder, not {types.Count}: {string.Join(", ", types.Select(t => t.Name))}", hint: "Export each type to a folder of its own.");
    }

    /// <inheritdoc/>
    public override string FileName(OnnxDataType type) => Graph;

    /// <inheritdoc/>
    public override IEnumerable<(string Name, byte[] Bytes)> Files(string name, string output, IReadOnlyDictionary<string, int> chunks)
    {
        yield return ("genai_config.json", ToBytes(Config()));
        foreach ((string Name, byte[] Bytes) file in Tokenizer())
            yield return file;
    }

    private JsonObject Config()
    {
        DecoderConfig decoder = Folder.Decoder;
        JsonObject model = ModelConfig(), generation = GenerationConfig();
        JsonNode? Token(string key) => (generation[key] ?? model[key])?.DeepClone();
        JsonNode end = Token("eos_token_id") ?? 0, firstEnd = (end is JsonArray several ? several.FirstOrDefault() : end) ?? 0;
        JsonNode first = Token("bos_token_id") ?? firstEnd.DeepClone(), pad = Token("pad_token_id") ?? firstEnd.DeepClone();
        JsonObject inputs = new()
        {
            ["input_ids"] = "input_ids",
            ["attention_mask"] = "attention_mask",
            ["past_key_names"] = "past_key_values.%d.key",
            ["past_value_names"] = "past_key_values.%d.value",
        };
        if (Folder.Tensors.Any(t => t.Role == "position_embd.weight"))
            inputs["position_ids"] = "position_ids";
        return new JsonObject
        {
            ["model"] = new JsonObject
            {
                ["type"] = "decoder",
                ["bos_token_id"] = first,
                ["eos_token_id"] = end,
                ["pad_token_id"] = pad,
                ["context_length"] = decoder.ContextLength,
                ["vocab_size"] = decoder.VocabularySize,
                ["decoder"] = new JsonObject
                {
                    ["session_options"] = new JsonObject { ["log_id"] = "onnxruntime-genai", ["provider_options"] = new JsonArray() },
                    ["filename"] = Graph,
                    ["head_size"] = decoder.HeadDimension,
                    ["hidden_size"] = decoder.HiddenSize,
                    ["num_attention_heads"] = decoder.HeadCount,
                    ["num_key_value_heads"] = decoder.KeyValueHeadCount,
                    ["num_hidden_layers"] = decoder.LayerCount,
                    ["inputs"] = inputs,
                    ["outputs"] = new JsonObject { ["logits"] = "logits", ["present_key_names"] = "present.%d.key", ["present_value_names"] = "present.%d.value" },
                },
            },
            ["search"] = new JsonObject
            {
                ["do_sample"] = generation["do_sample"]?.DeepClone() ?? false,
                ["max_length"] = decoder.ContextLength,
                ["min_length"] = 0,
                ["num_beams"] = 1,
                ["num_return_sequences"] = 1,
                ["past_present_share_buffer"] = false,
                ["temperature"] = generation["temperature"]?.DeepClone() ?? 1.0,
                ["top_k"] = generation["top_k"]?.DeepClone() ?? 50,
                ["top_p"] = generation["top_p"]?.DeepClone() ?? 1.0,
                ["repetition_penalty"] = generation["repetition_penalty"]?.DeepClone() ?? 1.0,
            },
        };
    }
}
