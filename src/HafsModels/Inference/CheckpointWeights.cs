using System.Buffers;
using System.Runtime.InteropServices;
using HafsModels.Architectures;
using HafsModels.Formats;
using HafsModels.Tensors;

namespace HafsModels.Inference;

/// <summary>Weights straight from a checkpoint, kept in the checkpoint's own precision.</summary>
/// <param name="name">Folder, for messages.</param>
/// <param name="config">Sizes and traits; q and k rows are as Hugging Face lays them out, so not interleaved.</param>
/// <param name="checkpoint">The open files; closed with this.</param>
/// <param name="names">Name in the checkpoint by role.</param>
internal sealed class CheckpointWeights(string name, DecoderConfig config, Checkpoint checkpoint, IReadOnlyDictionary<string, string> names) : DecoderWeights
{
    private readonly Dictionary<string, TensorRows> rows = names.ToDictionary(pair => pair.Key, pair => checkpoint.Open(pair.Value));
    private readonly Dictionary<string, TensorInfo> tensors = checkpoint.Tensors.ToDictionary(tensor => tensor.Name);

    /// <inheritdoc/>
    public override string Name => name;

    /// <inheritdoc/>
    public override DecoderConfig Config => config;

    /// <inheritdoc/>
    public override IReadOnlyDictionary<string, (GgmlType Type, Shape Shape)> Roles =>
        names.ToDictionary(pair => pair.Key, pair => (StoredAs(tensors[pair.Value].Type), rows[pair.Key].Shape));

    /// <inheritdoc/>
    public override void Read(string role, long firstRow, Span<byte> destination)
    {
        TensorRows source = rows[role];
        GgmlType type = StoredAs(tensors[names[role]].Type);
        if (type == GgmlType.F32)
        {
            source.Read(firstRow, MemoryMarshal.Cast<byte, float>(destination));
            return;
        }

        float[] numbers = ArrayPool<float>.Shared.Rent(destination.Length / 2);
        Span<float> used = numbers.AsSpan(0, destination.Length / 2);
        source.Read(firstRow, used);
        if (type == GgmlType.F16)
            HalfFloats.NarrowF16(used, destination);
        else
            HalfFloats.NarrowBF16(used, destination);
        ArrayPool<float>.Shared.Return(numbers);
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        checkpoint.Dispose();
        base.Dispose(disposing);
    }

    /// <summary>The smallest type that holds every number of the checkpoint's type exactly (F64 excepted: float is what the decoder computes in).</summary>
    private static GgmlType StoredAs(ElementType type) => type switch
    {
        ElementType.F16 => GgmlType.F16,
        ElementType.BF16 or ElementType.F8_E4M3 or ElementType.F8_E5M2 => GgmlType.BF16,
        _ => GgmlType.F32,
    };
}
