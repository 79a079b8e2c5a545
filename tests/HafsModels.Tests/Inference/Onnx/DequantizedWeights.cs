using System.Runtime.InteropServices;
using HafsModels.Architectures;
using HafsModels.Inference;
using HafsModels.Quantization.Onnx;
using HafsModels.Tensors;

namespace HafsModels.Tests.Inference.Onnx;

/// <summary>A checkpoint whose matrices went through MatMulNBits' arithmetic and back; the embedding did not, the head that is tied to it did.</summary>
/// <param name="folder">The checkpoint.</param>
/// <param name="quantizerOf">The arithmetic for a role.</param>
internal sealed class DequantizedWeights(string folder, Func<string, NBitsQuantizer> quantizerOf) : DecoderWeights
{
    private const string Embedding = "token_embd.weight", Head = "output.weight";

    private readonly CheckpointWeights source = new(ModelFolder.Open(folder));

    public override string Name => source.Name;

    public override DecoderConfig Config => source.Config with { TiedEmbeddings = false };

    public override IReadOnlyDictionary<string, (GgmlType Type, Shape Shape)> Roles =>
        source.Roles.Concat(source.Config.TiedEmbeddings ? [new(Head, source.Roles[Embedding])] : [])
            .ToDictionary(r => r.Key, r => IsMatrix(r.Key, r.Value.Shape) ? (GgmlType.F32, r.Value.Shape) : r.Value);

    public override void Read(string role, long firstRow, Span<byte> rows)
    {
        string stored = role == Head && source.Config.TiedEmbeddings ? Embedding : role;
        (GgmlType type, Shape shape) = source.Roles[stored];
        if (!IsMatrix(role, shape))
        {
            source.Read(stored, firstRow, rows);
            return;
        }

        int length = (int)shape.RowLength, count = rows.Length / 4 / length;
        byte[] bytes = new byte[count * type.RowBytes(length)];
        source.Read(stored, firstRow, bytes);
        Span<float> numbers = MemoryMarshal.Cast<byte, float>(rows);
        BlockFormatOf(type).Decode(bytes, numbers);
        NBitsQuantizer quantizer = quantizerOf(role);
        byte[] packed = new byte[quantizer.RowBytes(length)], scales = new byte[quantizer.ScaleBytes(length)], zeros = new byte[quantizer.ZeroPointBytes(length)];
        for (int row = 0; row < count; row++)
        {
            Span<float> one = numbers.Slice(row * length, length);
            quantizer.Encode(one, length, packed, scales, zeros);
            quantizer.Decode(packed, scales, zeros, one);
        }
    }

    protected override void Dispose(bool disposing)
    {
        source.Dispose();
        base.Dispose(disposing);
    }

    private static HafsModels.Quantization.BlockFormat BlockFormatOf(GgmlType type) => HafsModels.Quantization.BlockFormats.Get(type);

    private static bool IsMatrix(string role, Shape shape) => shape.Count == 2 && role is not (Embedding or "position_embd.weight") && !role.Contains("norm", StringComparison.Ordinal);
}
