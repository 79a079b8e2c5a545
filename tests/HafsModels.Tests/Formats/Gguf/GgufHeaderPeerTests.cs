using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using HafsModels.Formats.Gguf;
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
        using JsonDocument document = JsonDocument.Parse(Run("node", Repository.PathOf("tests", "peers", "gguf-header.mjs"), file.Path, peers));
        JsonElement seen = document.RootElement;

        // The peer lists the header's own fields first, as if they were keys.
        JsonElement[] metadata = [.. seen.GetProperty("metadata").EnumerateArray()];
        Assert.Equal(["version", "tensor_count", "kv_count", .. file.Header.Metadata.Select(m => m.Key)], metadata.Select(m => m[0].GetString()));
        foreach (((_, GgufValue ours), JsonElement entry) in file.Header.Metadata.Zip(metadata.Skip(3)))
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
        Assert.Equal(file.Header.Tensors.Select(t => t.Name), tensors.Select(t => t.GetProperty("name").GetString()));
        Assert.Equal(file.Header.Tensors.Select(t => (uint)t.Type), tensors.Select(t => t.GetProperty("dtype").GetUInt32()));
        Assert.Equal(file.Header.Tensors.Select(t => t.Offset), tensors.Select(t => start + Whole(t.GetProperty("offset"))));
        Assert.Equal(file.Header.Tensors.Select(t => t.Shape.Reverse()), tensors.Select(t => t.GetProperty("shape").EnumerateArray().Select(Whole)));
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
