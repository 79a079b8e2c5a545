using System.Globalization;
using HafsModels.Architectures;
using HafsModels.Formats.Gguf;
using HafsModels.Quantization;
using HafsModels.Tensors;
using HafsModels.Tokenizers;

namespace HafsModels.Conversion;

/// <summary>Plans a GGUF file of a model folder: a pure function of headers; no weight is read.</summary>
public static class GgufExport
{
    // Number of the quantization layouts in ggml; it changed last in 2023.
    internal const uint QuantizationVersion = 2;

    /// <summary>Plans the file.</summary>
    /// <param name="folder">The open model.</param>
    /// <param name="vocabulary">Its tokenizer.</param>
    /// <param name="quantization">Which tensor gets which type.</param>
    /// <param name="options">What the file says about itself.</param>
    /// <exception cref="HafsException">Vocabulary and embedding disagree, or a metadata value cannot be written.</exception>
    public static ExportPlan Plan(ModelFolder folder, Vocabulary vocabulary, QuantizationOptions quantization, GgufExportOptions options)
    {
        ArgumentNullException.ThrowIfNull(folder);
        ArgumentNullException.ThrowIfNull(vocabulary);
        ArgumentNullException.ThrowIfNull(quantization);
        ArgumentNullException.ThrowIfNull(options);
        Recipe recipe = quantization.Recipe;
        if (vocabulary.Tokens.Count > folder.Decoder.VocabularySize)
        {
            throw new HafsException(
                ErrorKind.InvalidData,
                "VocabularyLargerThanEmbedding",
                $"{folder.Path}: the tokenizer has {vocabulary.Tokens.Count:N0} tokens, but the embedding has {folder.Decoder.VocabularySize:N0} rows",
                folder.Path,
                "Tokens were added without resizing the embedding: call model.resize_token_embeddings(len(tokenizer)) and save again.");
        }

        var model = new RecipeModel(folder.Decoder.LayerCount, folder.Decoder.HeadCount, folder.Decoder.KeyValueHeadCount, folder.Decoder.TiedEmbeddings)
        {
            Family = folder.Family.Name,
            HasImportance = quantization.Importance is not null,
            ExpertCount = folder.Decoder.ExpertCount,
        };
        ModelTensor[] tensors = [.. folder.Tensors];
        RecipeTensor[] stored = [.. tensors.Select(t => new RecipeTensor(t.Role, t.Rows.Shape, StoredType(t)))];
        IReadOnlyList<GgmlType> types = quantization.TypesFor(stored, model);
        List<string> warnings = [];
        List<KeyValuePair<string, GgufValue>> metadata = Metadata(folder, vocabulary, quantization, recipe.IsCopy ? FileTypeOf(tensors, types) : recipe.FileType, options, warnings);
        (string, GgmlType, Shape)[] places = [.. tensors.Select((t, i) => (t.Role, types[i], t.Rows.Shape))];
        (GgufHeader header, byte[] bytes, long fileBytes) = GgufHeader.Build(metadata, places);
        return new ExportPlan(
            $"Converting {options.Name} to {recipe.Name}",
            bytes,
            [.. tensors.Select((t, i) => new PlannedTensor(t.Role, types[i], header.Tensors[i].Offset, header.Tensors[i].ByteSize, Transformed(t, folder.Decoder))
            {
                Importance = quantization.ImportanceOf(stored[i], types[i]),
            })],
            fileBytes)
        {
            Alignment = header.Alignment,
            Warnings = warnings,
            SealHeader = options.Sources.Count == 0 ? null : hashes => GgufHeader.Build(SourceMetadata.Fill(metadata, hashes), places).Bytes,
        };
    }

    // The type in an unquantized file: vectors and norms are exact, 8-bit floats fit into F16.
    private static GgmlType StoredType(ModelTensor tensor) =>
        !RecipeTensors.CanChange(tensor.Role, tensor.Rows.Shape) ? GgmlType.F32
        : tensor.Type switch
        {
            ElementType.BF16 => GgmlType.BF16,
            ElementType.F16 or ElementType.F8_E4M3 or ElementType.F8_E5M2 => GgmlType.F16,
            _ => GgmlType.F32,
        };

    // A copy is named for the type that holds most of its weights.
    private static uint FileTypeOf(IReadOnlyList<ModelTensor> tensors, IReadOnlyList<GgmlType> types)
    {
        GgmlType most = tensors.Zip(types).GroupBy(t => t.Second).MaxBy(g => g.Sum(t => t.First.Rows.Shape.ElementCount))!.Key;
        return Recipes.Get(most.ToString()).FileType;
    }

    private static TensorRows Transformed(ModelTensor tensor, DecoderConfig decoder) =>
        tensor.Transform is null ? tensor.Rows : RowTransforms.All[tensor.Transform].Apply(tensor.Rows, tensor.Rows.Shape, decoder);

    private static List<KeyValuePair<string, GgufValue>> Metadata(ModelFolder folder, Vocabulary vocabulary, QuantizationOptions quantization, uint fileType, GgufExportOptions options, List<string> warnings)
    {
        List<KeyValuePair<string, GgufValue>> metadata = [.. GeneralMetadata.Of(folder, options, SizeLabel(folder), warnings)];
        metadata.AddRange(folder.Family.Metadata(folder.Config, folder.Decoder, fileType));
        metadata.Add(new("general.quantization_version", new(QuantizationVersion)));
        metadata.AddRange(vocabulary.ToMetadata().Select(m => new KeyValuePair<string, GgufValue>(m.Key, new(m.Value))));
        if (quantization.Importance?.Origin is { } origin)
            metadata.AddRange(ImportanceMetadata.Of(origin));
        if (options.Experiment is { } run)
            metadata.AddRange(run.ToMetadata());
        metadata.AddRange(SourceMetadata.Of(options.Sources));
        foreach ((string key, object value) in options.Metadata.OrderBy(m => m.Key, StringComparer.Ordinal))
        {
            int index = metadata.FindIndex(m => m.Key == key);
            KeyValuePair<string, GgufValue> entry = new(key, MetadataEdits.Value(key, value, index < 0 ? null : metadata[index].Value));
            if (index < 0)
                metadata.Add(entry);
            else
                metadata[index] = entry;
        }

        return metadata;
    }

    // The reference converter's label: the numbers that one expert's path has, times the number of experts.
    private static string SizeLabel(ModelFolder folder)
    {
        long parameters = folder.Tensors.Where(t => t.SourceBytes > 0).Sum(t => t.Rows.Shape.ElementCount / (t.Role.Contains("_exps.", StringComparison.Ordinal) ? folder.Decoder.ExpertCount : 1));
        return (folder.Decoder.ExpertCount > 0 ? folder.Decoder.ExpertCount.ToString(CultureInfo.InvariantCulture) + "x" : "") + SizeLabel(parameters);
    }

    // Two significant digits below ten, whole numbers above.
    private static string SizeLabel(long parameters)
    {
        (double scaled, string suffix) = parameters switch
        {
            > 1_000_000_000_000 => (parameters * 1e-12, "T"),
            > 1_000_000_000 => (parameters * 1e-9, "B"),
            > 1_000_000 => (parameters * 1e-6, "M"),
            _ => (parameters * 1e-3, "K"),
        };
        return scaled.ToString(Math.Round(scaled) < 10 ? "0.0" : "0", CultureInfo.InvariantCulture) + suffix;
    }
}
