using System.Buffers;
using System.Globalization;
using System.Text.Json;
using HafsModels.Formats;
using HafsModels.Quantization;
using HafsModels.Tensors;

namespace HafsModels.Conversion;

/// <summary>Plans the weight files of a checkpoint folder: safetensors, in several files with an index where one would be too large. No weight is read.</summary>
internal static class SafeTensorsExport
{
    private const int LengthBytes = 8;
    private const string SingleName = "model.safetensors";

    // How numbers of a type are stored; what has more precision than a float was widened to one.
    private static readonly Dictionary<ElementType, (string Name, GgmlType Type)> Types = new()
    {
        [ElementType.F32] = ("F32", GgmlType.F32),
        [ElementType.F64] = ("F32", GgmlType.F32),
        [ElementType.F16] = ("F16", GgmlType.F16),
        [ElementType.BF16] = ("BF16", GgmlType.BF16),
        [ElementType.F8_E4M3] = ("BF16", GgmlType.BF16),
        [ElementType.F8_E5M2] = ("BF16", GgmlType.BF16),
    };

    private static readonly JsonSerializerOptions IndexOptions = new() { WriteIndented = true };

    /// <summary>Plans the files.</summary>
    /// <param name="checkpoint">The tensors.</param>
    /// <param name="typeOf">Type in which each is stored.</param>
    /// <param name="activity">What is being made, for progress.</param>
    /// <param name="maxShardBytes">Most bytes of tensors in a file; a larger tensor has one of its own.</param>
    /// <returns>File names and plans, in order.</returns>
    public static IReadOnlyList<(string Name, ExportPlan Plan)> Plan(Checkpoint checkpoint, Func<TensorInfo, ElementType> typeOf, string activity, long maxShardBytes)
    {
        List<List<(TensorInfo Tensor, string TypeName, BlockFormat Format, long Bytes)>> shards = [[]];
        long filled = 0;
        // Buffers of whole numbers are no weights; the model's code makes them anew.
        foreach (TensorInfo tensor in checkpoint.Tensors.Where(t => t.Type.IsFloat()))
        {
            (string name, GgmlType type) = Types[typeOf(tensor)];
            long bytes = checked(type.RowBytes(tensor.Shape.RowLength) * tensor.Shape.RowCount);
            if (shards[^1].Count > 0 && filled + bytes > maxShardBytes)
            {
                shards.Add([]);
                filled = 0;
            }

            shards[^1].Add((tensor, name, BlockFormats.Get(type), bytes));
            filled += bytes;
        }

        return [.. shards.Select((shard, i) => (ShardName(i, shards.Count), PlanFile(checkpoint, shard, activity)))];
    }

    /// <summary>The index that holds several files together.</summary>
    public static byte[] Index(IReadOnlyList<(string Name, ExportPlan Plan)> shards) => JsonSerializer.SerializeToUtf8Bytes(
        new
        {
            metadata = new { total_size = shards.Sum(s => s.Plan.Tensors.Sum(t => t.ByteSize)) },
            weight_map = shards.SelectMany(s => s.Plan.Tensors.Select(t => (t.Name, File: s.Name))).OrderBy(t => t.Name, StringComparer.Ordinal).ToDictionary(t => t.Name, t => t.File),
        },
        IndexOptions);

    private static string ShardName(int index, int count) => count == 1
        ? SingleName
        : string.Create(CultureInfo.InvariantCulture, $"model-{index + 1:00000}-of-{count:00000}.safetensors");

    private static ExportPlan PlanFile(Checkpoint checkpoint, List<(TensorInfo Tensor, string TypeName, BlockFormat Format, long Bytes)> tensors, string activity)
    {
        var json = new ArrayBufferWriter<byte>(1 << 16);
        using (var writer = new Utf8JsonWriter(json))
        {
            writer.WriteStartObject();
            writer.WriteStartObject("__metadata__");
            writer.WriteString("format", "pt");
            writer.WriteEndObject();
            long begin = 0;
            foreach ((TensorInfo tensor, string typeName, _, long bytes) in tensors)
            {
                writer.WriteStartObject(tensor.Name);
                writer.WriteString("dtype", typeName);
                writer.WriteStartArray("shape");
                foreach (long size in tensor.Shape)
                    writer.WriteNumberValue(size);
                writer.WriteEndArray();
                writer.WriteStartArray("data_offsets");
                writer.WriteNumberValue(begin);
                writer.WriteNumberValue(begin += bytes);
                writer.WriteEndArray();
                writer.WriteEndObject();
            }

            writer.WriteEndObject();
        }

        // Spaces fill the header up, so that the data begins at a multiple of eight.
        int length = (json.WrittenCount + LengthBytes - 1) / LengthBytes * LengthBytes;
        byte[] header = new byte[LengthBytes + length];
        header.AsSpan().Fill((byte)' ');
        System.Buffers.Binary.BinaryPrimitives.WriteInt64LittleEndian(header, length);
        json.WrittenSpan.CopyTo(header.AsSpan(LengthBytes));

        var planned = new List<PlannedTensor>(tensors.Count);
        long offset = header.Length;
        foreach ((TensorInfo tensor, _, BlockFormat format, long bytes) in tensors)
        {
            planned.Add(new PlannedTensor(tensor.Name, format.Type, offset, bytes, checkpoint.Open(tensor.Name)));
            offset += bytes;
        }

        return new ExportPlan(activity, header, planned, offset);
    }
}
