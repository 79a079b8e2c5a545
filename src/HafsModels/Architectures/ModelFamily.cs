using System.Globalization;
using HafsModels.Formats.Gguf;

namespace HafsModels.Architectures;

/// <summary>One model family: how its checkpoints, its GGUF files and its decoder name and lay out the same things. All of it is data.</summary>
public sealed class ModelFamily
{
    private const string FileTypeKey = "general.file_type";

    // Relative difference that rounding a stated number to float can make.
    private const double FloatRounding = 1e-6;

    private readonly Dictionary<string, FamilyExpression[]> values;
    private readonly (FamilyData.MetadataRule Rule, FamilyExpression? Value, FamilyExpression? When)[] metadata;
    private readonly DecoderConfig traits;

    internal ModelFamily(FamilyData data, FamilyDefaults defaults)
    {
        Data = data;
        Defaults = defaults;
        Config = new ConfigRules(this);
        values = defaults.Values.Where(v => !data.Values.ContainsKey(v.Key)).Concat(data.Values)
            .ToDictionary(v => v.Key, v => v.Value.Select(text => new FamilyExpression(text)).ToArray(), StringComparer.Ordinal);
        metadata = [.. (data.Metadata ?? defaults.Metadata).Concat(data.MoreMetadata).Select(rule => (rule, Parsed(rule.Value), Parsed(rule.When)))];
        traits = new DecoderConfig
        {
            Family = data.Name,
            Norm = data.Norm,
            Activation = data.Activation.First().Value,
            RopeInterleaved = data.RopeInterleaved,
            LayerCount = 0,
            HiddenSize = 0,
            FeedForwardSize = 0,
            HeadCount = 0,
            KeyValueHeadCount = 0,
            HeadDimension = 0,
            VocabularySize = 0,
            ContextLength = 0,
            NormEpsilon = 0,
            RopeBase = 0,
            RopeDimension = 0,
            TiedEmbeddings = false,
        };
    }

    /// <summary>Name: the GGUF architecture, such as <c>llama</c>.</summary>
    public string Name => Data.Name;

    /// <summary>Classes in config.json that belong to the family.</summary>
    public IReadOnlyList<string> Architectures => Data.Architectures;

    internal FamilyData Data { get; }

    internal FamilyDefaults Defaults { get; }

    internal ConfigRules Config { get; }

    /// <summary>Every name that a formula of the family asks config.json for.</summary>
    internal IEnumerable<string> ConfigKeys =>
        values.Values.SelectMany(v => v).Concat(metadata.SelectMany(m => new[] { m.Value, m.When }).OfType<FamilyExpression>())
            .Concat(Data.Tensors.Select(t => Parsed(t.When)).OfType<FamilyExpression>())
            .SelectMany(e => e.Names).Where(FamilyExpression.IsConfigKey);

    /// <summary>Sizes and traits of a checkpoint.</summary>
    /// <exception cref="HafsException">A number is missing or impossible, or a key changes the maths in a way this family does not compute.</exception>
    public DecoderConfig DecoderFromConfig(ModelConfig config)
    {
        ArgumentNullException.ThrowIfNull(config);
        RopeScalingKind scaling = Config.Check(config);
        DecoderConfig decoder = DecoderValues.Build(
            traits with { Activation = Config.Activation(config) },
            (name, others) => First(name, n => FamilyExpression.IsConfigKey(n) ? n == "rope_scaling_type" ? (double)scaling : config.Number(n) : others(n)),
            config.Path);
        Config.CheckLayers(config, decoder);
        return decoder;
    }

    /// <summary>Sizes and traits of a GGUF file.</summary>
    /// <exception cref="HafsException">A number is missing or impossible, or a key means mathematics that is not computed.</exception>
    public DecoderConfig DecoderFromGguf(GgufSet file)
    {
        ArgumentNullException.ThrowIfNull(file);
        RequireKnown(file);
        return Decoder(file.Path, file.Find, file.FindTensor("token_embd.weight")?.Shape.RowCount, file.FindTensor("output.weight") is null);
    }

    /// <summary>The family's GGUF metadata, in order.</summary>
    /// <param name="config">The checkpoint's config.json.</param>
    /// <param name="decoder">Sizes from it.</param>
    /// <param name="fileType">Number of the recipe for <c>general.file_type</c>.</param>
    /// <exception cref="HafsException">The metadata cannot say what the checkpoint computes, so that a reader would compute something else.</exception>
    internal IReadOnlyList<KeyValuePair<string, GgufValue>> Metadata(ModelConfig config, DecoderConfig decoder, uint fileType)
    {
        double? Find(string name) => FamilyExpression.IsConfigKey(name) ? config.Number(name) : Trait(name, decoder);
        var result = new List<KeyValuePair<string, GgufValue>>();
        foreach ((FamilyData.MetadataRule rule, FamilyExpression? value, FamilyExpression? when) in metadata)
        {
            if (when is not null && (when.Evaluate(Find) ?? 0) == 0)
                continue;
            if (rule.Key == FileTypeKey)
                result.Add(new(FileTypeKey, new GgufValue(fileType)));
            else
                result.Add(new(KeyOf(rule), rule.Text is { } text ? new GgufValue(text) : Typed(rule, value!.Evaluate(Find)!.Value)));
        }

        foreach ((string formula, string reason) in Data.Required)
        {
            if (!Holds(formula, config, decoder, 0))
                throw new HafsException(ErrorKind.Unsupported, "GgufCannotSay", $"{config.Path}: {reason}", config.Path);
        }

        RequireSame(config, decoder, Decoder(config.Path, key => result.FirstOrDefault(m => m.Key == key).Value, decoder.VocabularySize, decoder.TiedEmbeddings));
        return result;
    }

    /// <summary>Whether a formula of the family's data holds.</summary>
    /// <param name="formula">The formula, or null for one that always holds.</param>
    /// <param name="config">The checkpoint's config.json.</param>
    /// <param name="decoder">Sizes from it.</param>
    /// <param name="layer">Index of the block; what <c>Layer</c> means.</param>
    internal static bool Holds(string? formula, ModelConfig config, DecoderConfig decoder, int layer) => formula is null
        || (new FamilyExpression(formula).Evaluate(name => name == "Layer" ? layer : FamilyExpression.IsConfigKey(name) ? config.Number(name) : Trait(name, decoder)) ?? 0) != 0;

    /// <summary>Replaces the placeholder of the block.</summary>
    internal static string At(string pattern, int block) => pattern.Replace("{i}", block.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal);

    private static FamilyExpression? Parsed(string? formula) => formula is null ? null : new FamilyExpression(formula);

    private static double? Trait(string name, DecoderConfig decoder) => name == "LayerNorm" ? decoder.Norm == NormKind.Layer ? 1 : 0 : DecoderValues.All[name].Read(decoder);

    private DecoderConfig Decoder(string source, Func<string, GgufValue?> find, long? vocabulary, bool tied)
    {
        // Every GELU of llama.cpp is the one with tanh, so that is what a file means.
        DecoderConfig gguf = traits with
        {
            RopeInterleaved = Data.RopeInterleavedInGguf,
            Activation = traits.Activation == ActivationKind.Gelu ? ActivationKind.GeluTanh : traits.Activation,
        };
        return DecoderValues.Build(
            gguf,
            (name, others) => name switch
            {
                nameof(DecoderConfig.TiedEmbeddings) => tied ? 1 : 0,
                nameof(DecoderConfig.VocabularySize) when vocabulary is not null => vocabulary,
                _ => Stated(name, find, source, out double number) ? number : First(name, n => FamilyExpression.IsConfigKey(n) ? null : n == "LayerNorm" ? Trait(n, gguf) : others(n)),
            },
            source);
    }

    private bool Stated(string name, Func<string, GgufValue?> find, string source, out double number)
    {
        number = 0;
        foreach ((FamilyData.MetadataRule rule, _, _) in metadata)
        {
            if (rule.Value != name || find(KeyOf(rule)) is not { } value)
                continue;
            number = (DecoderValues.All[name].Words, value.Value) switch
            {
                ({ } words, string word) => words.ToList().IndexOf(word),
                (_, bool flag) => flag ? 1 : 0,
                _ => value.AsNumber() ?? -1,
            };
            if (number < 0 || !DecoderValues.All[name].Allows(number))
            {
                throw new HafsException(
                    ErrorKind.InvalidData, "DecoderValue", $"{source}: {KeyOf(rule)} is {value}; the family {Name} needs {(DecoderValues.All[name].Words is { } w ? string.Join(" or ", w) : DecoderValues.All[name].Rule)}", source);
            }

            return true;
        }

        return false;
    }

    private double? First(string name, Func<string, double?> lookup) =>
        values.TryGetValue(name, out FamilyExpression[]? formulas) ? formulas.Select(f => f.Evaluate(lookup)).FirstOrDefault(v => v is not null) : null;

    private void RequireKnown(GgufSet file)
    {
        HashSet<string> known = [.. metadata.Select(m => KeyOf(m.Rule)), $"{Name}.vocab_size"];
        foreach ((string key, GgufValue value) in file.Metadata)
        {
            if (key.StartsWith(Name + ".", StringComparison.Ordinal) && !known.Contains(key) && value.AsNumber() is not 0 && value.Value is not false and not "none")
            {
                throw new HafsException(
                    ErrorKind.Unsupported, "UnsupportedDecoderTrait", $"{file.Path}: {key} is {value}; the embedded decoder does not know what it means in the family {Name}", file.Path);
            }
        }
    }

    private void RequireSame(ModelConfig config, DecoderConfig checkpoint, DecoderConfig gguf)
    {
        foreach (DecoderValue value in DecoderValues.All.Values)
        {
            double wanted = value.Read(checkpoint), read = value.Read(gguf);
            if (Math.Abs(wanted - read) > FloatRounding * Math.Abs(wanted))
            {
                throw new HafsException(
                    ErrorKind.Unsupported,
                    "GgufCannotSay",
                    $"{config.Path}: {value.Name} is {wanted.ToString(CultureInfo.InvariantCulture)}, but a GGUF file of the family {Name} is computed with {read.ToString(CultureInfo.InvariantCulture)}",
                    config.Path,
                    value.Name == nameof(DecoderConfig.SlidingWindow)
                        ? "Within the window the model is computed alike without it: set sliding_window to null to convert it, as llama.cpp would."
                        : "The format has no key for it, so the converted model would answer differently.");
            }
        }
    }

    private string KeyOf(FamilyData.MetadataRule rule) => rule.Key.StartsWith("general.", StringComparison.Ordinal) ? rule.Key : $"{Name}.{rule.Key}";

    private static GgufValue Typed(FamilyData.MetadataRule rule, double value) => rule.Type switch
    {
        GgufValueType.U32 => new GgufValue(checked((uint)value)),
        GgufValueType.F32 => new GgufValue((float)value),
        GgufValueType.Bool => new GgufValue(value != 0),
        GgufValueType.String => new GgufValue(DecoderValues.All[rule.Value!].Words![(int)value]),
        _ => throw new InvalidOperationException($"family data uses metadata type {rule.Type}"),
    };
}
