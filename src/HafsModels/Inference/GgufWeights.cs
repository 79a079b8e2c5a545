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
        RefuseOtherMathematics();

        // Inside its window, sliding-window attention is plain attention.
        if (file.Find($"{Config.Family}.attention.sliding_window")?.AsInteger() is long window and > 0 && window < Config.ContextLength)
            Config = Config with { ContextLength = (int)window };
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

    private void RefuseOtherMathematics()
    {
        Allow($"{Config.Family}.expert_count", 0);
        Allow($"{Config.Family}.attention.value_length", Config.HeadDimension);
        Allow("split.count", 1);

        void Allow(string key, long only)
        {
            if (file.Find(key) is { } value && value.AsInteger() != only)
            {
                throw new HafsException(
                    ErrorKind.Unsupported,
                    "UnsupportedDecoderTrait",
                    $"{file.Path}: {key} is {value}; the embedded decoder computes models where it is {only}",
                    file.Path,
                    key == "split.count" ? "Merge the parts with llama-gguf-split --merge." : null);
            }
        }
    }
}
