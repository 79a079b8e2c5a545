using HafsModels.Architectures;
using HafsModels.Inference;
using HafsModels.Quantization;
using HafsModels.Tensors;

namespace HafsModels.Tests.Inference;

/// <summary>Other weights with every matrix in another type.</summary>
internal sealed class QuantizedWeights(DecoderWeights source, GgmlType type) : DecoderWeights
{
    public override string Name => $"{source.Name} as {type}";

    public override DecoderConfig Config => source.Config;

    public override IReadOnlyDictionary<string, (GgmlType Type, Shape Shape)> Roles { get; } =
        source.Roles.ToDictionary(role => role.Key, role => (role.Value.Shape.Count == 2 ? type : role.Value.Type, role.Value.Shape));

    public override void Read(string role, long firstRow, Span<byte> rows)
    {
        (GgmlType stored, Shape shape) = source.Roles[role];
        if (shape.Count < 2)
        {
            source.Read(role, firstRow, rows);
            return;
        }

        int length = (int)shape.RowLength, count = (int)(rows.Length / type.RowBytes(length));
        var bytes = new byte[count * stored.RowBytes(length)];
        source.Read(role, firstRow, bytes);
        var numbers = new float[count * length];
        BlockFormats.Get(stored).Decode(bytes, numbers);
        BlockFormats.Get(type).Encode(numbers, length, [], rows);
    }

    protected override void Dispose(bool disposing)
    {
        source.Dispose();
        base.Dispose(disposing);
    }
}
