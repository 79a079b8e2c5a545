using HafsModels.Architectures;
using HafsModels.Formats.Gguf;
using HafsModels.Tensors;

namespace HafsModels.Inference;

/// <summary>Weights of a GGUF file, kept as stored.</summary>
internal sealed class GgufWeights(GgufFile file) : DecoderWeights
{
    private readonly DecoderConfig config = new GgufDecoderConfig(file).Read();

    /// <inheritdoc/>
    public override string Name => file.Path;

    /// <inheritdoc/>
    public override DecoderConfig Config => config;

    /// <inheritdoc/>
    public override IReadOnlyDictionary<string, (GgmlType Type, Shape Shape)> Roles { get; } =
        file.Tensors.ToDictionary(tensor => tensor.Name, tensor => (tensor.Type, tensor.Shape), StringComparer.Ordinal);

    /// <inheritdoc/>
    public override void Read(string role, long firstRow, Span<byte> rows)
    {
        GgufTensor tensor = file.FindTensor(role)!;
        file.ReadBytes(tensor, firstRow * tensor.Type.RowBytes(tensor.Shape.RowLength), rows);
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        file.Dispose();
        base.Dispose(disposing);
    }
}
