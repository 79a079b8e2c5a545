using HafsModels.Architectures;
using HafsModels.Formats.Gguf;
using HafsModels.Tensors;

namespace HafsModels.Inference;

/// <summary>Weights of a GGUF file, kept as stored.</summary>
internal sealed class GgufWeights : DecoderWeights
{
    private readonly GgufFile file;

    /// <summary>Takes an open file; closed with this.</summary>
    /// <exception cref="HafsException">The model is of a kind that is not decoded here, or its metadata makes no sense.</exception>
    public GgufWeights(GgufFile file)
    {
        this.file = file;
        Config = ModelFamilies.For(file).DecoderFromGguf(file);
        RefuseParts();
        Roles = file.Tensors.ToDictionary(tensor => tensor.Name, tensor => (tensor.Type, tensor.Shape), StringComparer.Ordinal);
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
        GgufTensor tensor = file.FindTensor(role)!;
        file.ReadBytes(tensor, firstRow * tensor.Type.RowBytes(tensor.Shape.RowLength), rows);
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        file.Dispose();
        base.Dispose(disposing);
    }

    private void RefuseParts()
    {
        if (file.Find("split.count")?.AsInteger() is { } parts and not 1)
        {
            throw new HafsException(
                ErrorKind.Unsupported,
                "UnsupportedDecoderTrait",
                $"{file.Path}: split.count is {parts}; the embedded decoder reads models of one file",
                file.Path,
                "Merge the parts with llama-gguf-split --merge.");
        }
    }
}
