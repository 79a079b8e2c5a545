using HafsModels.Architectures;
using HafsModels.Formats.Gguf;
using HafsModels.Tensors;

namespace HafsModels.Inference;

/// <summary>Weights of a GGUF file, or of several that are one model, kept as stored.</summary>
internal sealed class GgufWeights : DecoderWeights
{
    private readonly GgufSet file;

    /// <summary>Takes an open file; closed with this.</summary>
    /// <exception cref="HafsException">The model is of a kind that is not decoded here, or its metadata makes no sense.</exception>
    public GgufWeights(GgufSet file)
    {
        this.file = file;
        Config = ModelFamilies.For(file).DecoderFromGguf(file);
        Roles = file.Tensors.ToDictionary(t => t.Name, t => (t.Tensor.Type, t.Tensor.Shape), StringComparer.Ordinal);
    }

    /// <inheritdoc/>
    public override string Name => file.Path;

    /// <inheritdoc/>
    public override DecoderConfig Config { get; }

    /// <inheritdoc/>
    public override IReadOnlyDictionary<string, (GgmlType Type, Shape Shape)> Roles { get; }

    /// <inheritdoc/>
    public override void Read(string role, long firstRow, Span<byte> rows)
    {
        (GgmlType type, Shape shape) = Roles[role];
        file.ReadBytes(role, firstRow * type.RowBytes(shape.RowLength), rows);
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        file.Dispose();
        base.Dispose(disposing);
    }
}
