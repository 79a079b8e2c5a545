using System.Buffers;
using System.Runtime.InteropServices;
using HafsModels.Architectures;
using HafsModels.Tensors;

namespace HafsModels.Inference;

/// <summary>Weights straight from a checkpoint, in its own layout and precision.</summary>
/// <param name="name">Folder, for messages.</param>
/// <param name="config">Sizes and traits as Hugging Face lays q and k rows out.</param>
/// <param name="tensors">Every tensor by role.</param>
/// <param name="files">The open files; closed with this.</param>
internal sealed class CheckpointWeights(string name, DecoderConfig config, IReadOnlyList<ModelTensor> tensors, IDisposable files) : DecoderWeights
{
    private readonly Dictionary<string, ModelTensor> byRole = tensors.ToDictionary(tensor => tensor.Role, StringComparer.Ordinal);

    /// <summary>Takes an open model folder.</summary>
    public CheckpointWeights(ModelFolder folder)
        : this(folder.Path, folder.Decoder, folder.Tensors, folder)
    {
    }

    /// <inheritdoc/>
    public override string Name => name;

    /// <inheritdoc/>
    public override DecoderConfig Config => config;

    /// <inheritdoc/>
    public override IReadOnlyDictionary<string, (GgmlType Type, Shape Shape)> Roles { get; } =
        tensors.ToDictionary(tensor => tensor.Role, tensor => (StoredAs(tensor.Type), tensor.Rows.Shape), StringComparer.Ordinal);

    /// <inheritdoc/>
    public override void Read(string role, long firstRow, Span<byte> rows)
    {
        ModelTensor tensor = byRole[role];
        GgmlType type = StoredAs(tensor.Type);
        if (type == GgmlType.F32)
        {
            tensor.Rows.Read(firstRow, MemoryMarshal.Cast<byte, float>(rows));
            return;
        }

        float[] rented = ArrayPool<float>.Shared.Rent(rows.Length / 2);
        Span<float> numbers = rented.AsSpan(0, rows.Length / 2);
        tensor.Rows.Read(firstRow, numbers);
        if (type == GgmlType.F16)
            HalfFloats.NarrowF16(numbers, rows);
        else
            HalfFloats.NarrowBF16(numbers, rows);
        ArrayPool<float>.Shared.Return(rented);
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        files.Dispose();
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
