using System.Globalization;
using HafsModels.Architectures;
using HafsModels.Formats.Gguf;

namespace HafsModels.Inference;

/// <summary>
/// Reads a decoder's sizes and traits from GGUF metadata. What the metadata says about the mathematics and this decoder does not do is refused,
/// not guessed.
/// </summary>
internal sealed class GgufDecoderConfig(GgufFile file)
{
    /// <summary>Which pairs a family rotates in GGUF files: true for neighbours.</summary>
    private static readonly Dictionary<string, bool> InterleavedByFamily = new(StringComparer.Ordinal)
    {
        ["llama"] = true,
        ["qwen2"] = false,
        ["qwen3"] = false,
    };

    private readonly string family = file.Find("general.architecture")?.Value as string ?? "";

    /// <summary>Reads the metadata.</summary>
    /// <exception cref="HafsException">A key is missing or has a value it cannot have, or the model is of a kind that is not decoded here.</exception>
    public DecoderConfig Read()
    {
        if (!InterleavedByFamily.TryGetValue(family, out bool interleaved))
        {
            throw new HafsException(
                ErrorKind.Unsupported,
                "UnsupportedArchitecture",
                $"{file.Path}: general.architecture is \"{family}\"; the embedded decoder runs {string.Join(", ", InterleavedByFamily.Keys)}",
                file.Path);
        }

        int hidden = Integer("embedding_length");
        int heads = Integer("attention.head_count");
        int width = Integer("attention.key_length", heads > 0 ? hidden / heads : 0);
        int context = Integer("context_length");
        RefuseOtherMathematics(width);
        return new DecoderConfig
        {
            Family = family,
            LayerCount = Integer("block_count"),
            HiddenSize = hidden,
            FeedForwardSize = Integer("feed_forward_length"),
            HeadCount = heads,
            KeyValueHeadCount = Integer("attention.head_count_kv", heads),
            HeadDimension = width,
            VocabularySize = Rows("token_embd.weight"),

            // Inside its window, sliding-window attention is plain attention.
            ContextLength = Math.Min(context, Integer("attention.sliding_window", context)),
            NormEpsilon = (float)Number("attention.layer_norm_rms_epsilon", null),
            RopeBase = (float)Number("rope.freq_base", 10000),
            RopeDimension = Integer("rope.dimension_count", width),
            RopeInterleaved = interleaved,
            TiedEmbeddings = file.FindTensor("output.weight") is null,
        };
    }

    private void RefuseOtherMathematics(int width)
    {
        if (Find("rope.scaling.type")?.Value is string scaling && scaling != "none")
            throw Unsupported("rope.scaling.type", scaling, "none");
        if (Integer("expert_count", 0) != 0)
            throw Unsupported("expert_count", Find("expert_count")!.ToString(), "0");
        if (Integer("attention.value_length", width) is int values && values != width)
            throw Unsupported("attention.value_length", values.ToString(CultureInfo.InvariantCulture), $"{width}, that of the keys");
        if (file.Find("split.count")?.AsInteger() is > 1)
        {
            throw new HafsException(
                ErrorKind.Unsupported,
                "SplitGguf",
                $"{file.Path}: the model is split over {file.Find("split.count")} files; only whole files are decoded",
                file.Path,
                "Merge the parts with llama-gguf-split --merge.");
        }
    }

    private GgufValue? Find(string key) => file.Find($"{family}.{key}");

    private int Integer(string key, int? absent = null)
    {
        GgufValue? value = Find(key);
        if (value is null)
            return absent ?? throw Bad(key, "is missing");
        return value.AsInteger() is long number and >= 0 and <= int.MaxValue ? (int)number : throw Bad(key, $"is {value}; a whole number is needed");
    }

    private double Number(string key, double? absent)
    {
        GgufValue? value = Find(key);
        if (value is null)
            return absent ?? throw Bad(key, "is missing");
        return value.AsNumber() is double number && double.IsFinite(number) ? number : throw Bad(key, $"is {value}; a finite number is needed");
    }

    private int Rows(string tensor)
    {
        GgufTensor found = file.FindTensor(tensor)
            ?? throw new HafsException(ErrorKind.InvalidData, "MissingTensor", $"{file.Path}: tensor {tensor} is missing; family {family} needs it", tensor);
        return (int)Math.Min(found.Shape.RowCount, int.MaxValue);
    }

    private HafsException Bad(string key, string what) =>
        new(ErrorKind.InvalidData, "BadDecoderConfig", $"{file.Path}: {family}.{key} {what}", file.Path);

    private HafsException Unsupported(string key, string value, string supported) =>
        new(ErrorKind.Unsupported, "UnsupportedDecoderTrait", $"{file.Path}: {family}.{key} is {value}; the embedded decoder supports {supported}", file.Path);
}
