using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using HafsModels.Architectures;
using HafsModels.Conversion;
using HafsModels.Formats.Gguf;
using HafsModels.Quantization;
using HafsModels.Tokenizers;
using Xunit;

namespace HafsModels.Tests.Formats.Gguf;

/// <summary>What our header says, as the reader of another project sees it (<c>@huggingface/gguf</c>).</summary>
public sealed class GgufHeaderPeerTests
{
    [SkippableFact]
    public void The_reader_of_hugging_face_sees_the_same_metadata_and_tensors()
    {
        string peers = Peers.NodePeers;
        using var file = new GgufSample();
        RequireSame(file.Path, file.Header.Metadata, file.Header.Tensors, peers);
    }

    [SkippableTheory]
    [InlineData("kjv-llama", "F16")]
    [InlineData("kjv-llama", "Q8_0")]
    [InlineData("kjv-llama", "Q4_K_M")]
    [InlineData("kjv-qwen2", "BF16")]
    [InlineData("kjv-qwen2", "Q4_0")]
    [InlineData("kjv-qwen2", "Q4_K_M")]
    public void The_reader_of_hugging_face_sees_converted_models_as_we_do(string model, string recipe)
    {
        string peers = Peers.NodePeers, folder = Repository.PathOf("tests", "models", model), path = Path.Combine(Path.GetTempPath(), $"hafs-{Guid.NewGuid()}.gguf");
        try
        {
            using ModelFolder open = ModelFolder.Open(folder);
            PlanRunner.Run(GgufExport.Plan(open, Vocabulary.Load(folder), new(Recipes.Get(recipe)), new GgufExportOptions { Name = model }), path, 0, false, null, CancellationToken.None);
            using GgufFile file = GgufFile.Open(path);
            RequireSame(path, file.Metadata, file.Tensors, peers);
        }
        finally
        {
            File.Delete(path);
        }
    }

    private static void RequireSame(string path, IReadOnlyList<KeyValuePair<string, GgufValue>> ourMetadata, IReadOnlyList<GgufTensor> ourTensors, string peers)
    {
        using JsonDocument document = JsonDocument.Parse(Run("node", Repository.PathOf("tests", "peers", "gguf-header.mjs"), path, peers));
        JsonElement seen = document.RootElement;

        // The peer lists the header's own fields first, as if they were keys.
        JsonElement[] metadata = [.. seen.GetProperty("metadata").EnumerateArray()];
        Assert.Equal(["version", "tensor_count", "kv_count", .. ourMetadata.Select(m => m.Key)], metadata.Select(m => m[0].GetString()));
        foreach (((_, GgufValue ours), JsonElement entry) in ourMetadata.Zip(metadata.Skip(3)))
        {
            JsonElement theirs = entry[1];
            Assert.Equal((uint)ours.Type, theirs.GetProperty("type").GetUInt32());
            if (ours.ElementType is { } itemType)
                Assert.Equal((uint)itemType, theirs.GetProperty("subType").GetUInt32());
            JsonElement value = theirs.GetProperty("value");
            Assert.Equal(
                ours.Value is Array items ? items.Cast<object>().Select(Text) : [Text(ours.Value)],
                ours.Value is Array ? value.EnumerateArray().Select(Text) : [Text(value)]);
        }

        long start = Whole(seen.GetProperty("tensorDataOffset"));
        JsonElement[] tensors = [.. seen.GetProperty("tensors").EnumerateArray()];
        Assert.Equal(ourTensors.Select(t => t.Name), tensors.Select(t => t.GetProperty("name").GetString()));
        Assert.Equal(ourTensors.Select(t => (uint)t.Type), tensors.Select(t => t.GetProperty("dtype").GetUInt32()));
        Assert.Equal(ourTensors.Select(t => t.Offset), tensors.Select(t => start + Whole(t.GetProperty("offset"))));
        Assert.Equal(ourTensors.Select(t => t.Shape.Reverse()), tensors.Select(t => t.GetProperty("shape").EnumerateArray().Select(Whole)));
    }

    private static long Whole(JsonElement number) => long.Parse(number.GetString()!, CultureInfo.InvariantCulture);

    private static string Text(object value) => value switch
    {
        float number => Text((double)number),
        double number => number.ToString("R", CultureInfo.InvariantCulture),
        ulong or long or string or bool => Convert.ToString(value, CultureInfo.InvariantCulture)!,
        _ => Text(Convert.ToDouble(value, CultureInfo.InvariantCulture)),
    };

    private static string Text(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Number => Text(value.GetDouble()),
        JsonValueKind.String => value.GetString()!,
        _ => Text(value.GetBoolean()),
    };

    private static string Run(string program, params string[] arguments)
    {
        using Process process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        Task<string> error = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, error.Result);
        return output;
    }
}
