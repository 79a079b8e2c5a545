using System.Text;
using System.Text.Json.Nodes;
using HafsModels.Tests.Tokenizers;

namespace HafsModels.Tests.Exports;

/// <summary>A model of 1.2 billion weights, all zero in a file that takes no disk: long enough at work to be stopped on the way.</summary>
internal static class LargeModel
{
    private const long Small = 512, Large = 393_216;

    public static string Create(ScratchFolder scratch)
    {
        string source = Repository.PathOf("tests", "models", "kjv-llama"), folder = Directory.CreateDirectory(Path.Combine(scratch.Path, "large")).FullName;
        foreach (string file in Directory.GetFiles(source, "tokenizer*"))
            File.Copy(file, Path.Combine(folder, Path.GetFileName(file)));
        JsonNode config = JsonNode.Parse(File.ReadAllText(Path.Combine(source, "config.json")))!;
        config["intermediate_size"] = Large;
        File.WriteAllText(Path.Combine(folder, "config.json"), config.ToJsonString());

        using var reader = new BinaryReader(File.OpenRead(Path.Combine(source, "model.safetensors")));
        JsonObject header = JsonNode.Parse(reader.ReadBytes((int)reader.ReadInt64()))!.AsObject();
        header.Remove("__metadata__");
        long offset = 0;
        foreach ((_, JsonNode? tensor) in header)
        {
            long[] shape = [.. tensor!["shape"]!.AsArray().Select(s => s!.GetValue<long>() is Small ? Large : s.GetValue<long>())];
            long bytes = shape.Aggregate(2L, (a, b) => a * b);
            tensor["shape"] = new JsonArray([.. shape.Select(s => JsonValue.Create(s))]);
            tensor["data_offsets"] = new JsonArray(offset, offset += bytes);
        }

        byte[] json = Encoding.UTF8.GetBytes(header.ToJsonString());
        using var writer = new BinaryWriter(File.Create(Path.Combine(folder, "model.safetensors")));
        writer.Write((long)json.Length);
        writer.Write(json);
        writer.BaseStream.SetLength(8 + json.Length + offset);
        return folder;
    }
}
