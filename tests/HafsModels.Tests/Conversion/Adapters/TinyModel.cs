using System.Text.Json;
using System.Text.Json.Nodes;
using HafsModels.Tests.Formats.SafeTensors;

namespace HafsModels.Tests.Conversion.Adapters;

/// <summary>A random llama checkpoint of a few kilobytes, and adapters for it, in a folder that is gone after the test.</summary>
internal sealed class TinyModel : IDisposable
{
    public const int Hidden = 64, Inner = 96, Layers = 2, Vocabulary = 96, KeyValue = 32;

    private readonly Random random = new(20260);
    private readonly string root = Directory.CreateTempSubdirectory("hafs-adapter-").FullName;

    public TinyModel(bool tied = false, bool biased = false)
    {
        BasePath = Path.Combine(root, "base");
        AdapterPath = Path.Combine(root, "adapter");
        Directory.CreateDirectory(BasePath);
        Directory.CreateDirectory(AdapterPath);
        var tensors = new List<TinyTensor> { Make("model.embed_tokens.weight", Vocabulary, Hidden), Make("model.norm.weight", Hidden) };
        for (int i = 0; i < Layers; i++)
        {
            string layer = $"model.layers.{i}.";
            tensors.AddRange(
            [
                Make(layer + "input_layernorm.weight", Hidden), Make(layer + "post_attention_layernorm.weight", Hidden),
                Make(layer + "self_attn.q_proj.weight", Hidden, Hidden), Make(layer + "self_attn.k_proj.weight", KeyValue, Hidden), Make(layer + "self_attn.v_proj.weight", KeyValue, Hidden),
                Make(layer + "self_attn.o_proj.weight", Hidden, Hidden), Make(layer + "mlp.gate_proj.weight", Inner, Hidden), Make(layer + "mlp.up_proj.weight", Inner, Hidden),
                Make(layer + "mlp.down_proj.weight", Hidden, Inner),
            ]);
            if (biased)
                tensors.AddRange([Make(layer + "self_attn.q_proj.bias", Hidden), Make(layer + "self_attn.k_proj.bias", KeyValue), Make(layer + "self_attn.v_proj.bias", KeyValue)]);
        }

        if (!tied)
            tensors.Add(Make("lm_head.weight", Vocabulary, Hidden));
        Base = tensors.ToDictionary(t => t.Name);
        Write(Path.Combine(BasePath, "model.safetensors"), tensors, "BF16");
        File.WriteAllText(Path.Combine(BasePath, "config.json"), new JsonObject
        {
            ["architectures"] = new JsonArray(biased ? "Qwen2ForCausalLM" : "LlamaForCausalLM"),
            ["model_type"] = biased ? "qwen2" : "llama",
            ["hidden_act"] = "silu",
            ["hidden_size"] = Hidden,
            ["intermediate_size"] = Inner,
            ["num_hidden_layers"] = Layers,
            ["num_attention_heads"] = 4,
            ["num_key_value_heads"] = 2,
            ["max_position_embeddings"] = 128,
            ["rms_norm_eps"] = 1e-5,
            ["rope_theta"] = 10000.0,
            ["vocab_size"] = Vocabulary,
            ["tie_word_embeddings"] = tied,
            ["torch_dtype"] = "bfloat16",
        }.ToJsonString());
    }

    public string BasePath { get; }

    public string AdapterPath { get; }

    public string OutputPath => Path.Combine(root, "merged");

    public IReadOnlyDictionary<string, TinyTensor> Base { get; }

    public TinyTensor Make(string name, params long[] shape) => TinyTensor.Random(random, name, shape);

    /// <summary>The factors of a module, named as PEFT saves them.</summary>
    public (TinyTensor A, TinyTensor B) Factors(string module, int rank, int rows, int columns) =>
        (Make($"base_model.model.{module}.lora_A.weight", rank, columns), Make($"base_model.model.{module}.lora_B.weight", rows, rank));

    public void WriteAdapter(JsonObject settings, params IEnumerable<TinyTensor> tensors)
    {
        var config = new JsonObject { ["peft_type"] = "LORA", ["r"] = 4, ["lora_alpha"] = 8, ["base_model_name_or_path"] = "base", ["bias"] = "none", ["use_dora"] = false };
        foreach ((string key, JsonNode? value) in settings)
            config[key] = value?.DeepClone();
        File.WriteAllText(Path.Combine(AdapterPath, "adapter_config.json"), config.ToJsonString());
        Write(Path.Combine(AdapterPath, "adapter_model.safetensors"), [.. tensors], "F32");
    }

    /// <summary>W + s·B·A, or its transpose added, by the definition, in double.</summary>
    public static float[] Merged(TinyTensor weight, TinyTensor a, TinyTensor b, double scale, bool isTransposed = false)
    {
        int rank = (int)a.Shape[0], columns = (int)a.Shape[1], rows = (int)b.Shape[0];
        float[] merged = [.. weight.Numbers];
        for (int i = 0; i < rows; i++)
        {
            for (int j = 0; j < columns; j++)
            {
                double sum = 0;
                for (int k = 0; k < rank; k++)
                    sum += (double)b.Numbers[i * rank + k] * a.Numbers[k * columns + j];
                int at = isTransposed ? j * rows + i : i * columns + j;
                merged[at] = (float)(weight.Numbers[at] + scale * sum);
            }
        }

        return merged;
    }

    public void Dispose() => Directory.Delete(root, true);

    public static void Write(string path, IReadOnlyList<TinyTensor> tensors, string type)
    {
        var header = new JsonObject();
        var data = new MemoryStream();
        foreach (TinyTensor tensor in tensors)
        {
            long begin = data.Length;
            foreach (float number in tensor.Numbers)
            {
                byte[] bytes = BitConverter.GetBytes(number);
                data.Write(type == "BF16" ? bytes.AsSpan(2) : bytes);
            }

            header[tensor.Name] = new JsonObject { ["dtype"] = type, ["shape"] = JsonSerializer.SerializeToNode(tensor.Shape), ["data_offsets"] = new JsonArray(begin, data.Length) };
        }

        File.WriteAllBytes(path, SafeTensorsBytes.File(System.Text.Encoding.UTF8.GetBytes(header.ToJsonString()), data.ToArray()));
    }
}
