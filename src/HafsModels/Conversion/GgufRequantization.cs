using HafsModels.Formats.Gguf;
using HafsModels.Quantization;
using HafsModels.Tensors;

namespace HafsModels.Conversion;

/// <summary>
/// Plans GGUF files made from another one, of any architecture: other types for its tensors, everything else as it is. What is not changed is
/// copied as it is stored. A pure function of headers; the files equal those of llama-quantize byte for byte.
/// </summary>
public static class GgufRequantization
{
    // Added to a file type that no key states but the tensors suggest: LLAMA_FTYPE_GUESSED.
    private const uint Guessed = 1024;

    /// <summary>Plans the files: one, or as many as the source has when its split is kept.</summary>
    /// <param name="source">The open source.</param>
    /// <param name="quantization">Which tensor gets which type.</param>
    /// <param name="options">What else changes.</param>
    /// <exception cref="HafsException">A tensor would be quantized a second time, the metadata do not describe a model, or an option does not fit it.</exception>
    public static IReadOnlyList<ExportPlan> Plan(GgufSet source, QuantizationOptions quantization, GgufRequantizationOptions options)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(quantization);
        ArgumentNullException.ThrowIfNull(options);
        RecipeModel model = Model(source, quantization);
        var pruning = new BlockPruning(options.PruneLayers, model.LayerCount);
        (GgufSetTensor Tensor, RecipeTensor Target)[] tensors = [.. source.Tensors
            .Select(t => (Tensor: t, Name: pruning.NameOf(t.Name)))
            .Where(t => t.Name is not null)
            .Select(t => (t.Tensor, new RecipeTensor(t.Name!, t.Tensor.Tensor.Shape, t.Tensor.Tensor.Type)))];
        if (!options.KeepSplit)
            tensors = [.. tensors.OrderBy(t => RecipeTensors.BlockOf(t.Tensor.Name)).ThenBy(t => t.Tensor.Name, StringComparer.Ordinal)];
        IReadOnlyList<GgmlType> types = quantization.TypesFor([.. tensors.Select(t => t.Target)], model);
        foreach (((GgufSetTensor tensor, _), GgmlType type) in tensors.Zip(types))
            RequireConvertible(tensor, type, options.AllowRequantize);

        List<KeyValuePair<string, GgufValue>> metadata = Metadata(source, quantization, options);
        pruning.Apply(metadata, model.Family);
        var planned = tensors.Zip(types, (t, type) => (t.Tensor, t.Target.Name, Type: type)).ToLookup(t => options.KeepSplit ? t.Tensor.FileNumber : 0);
        int count = options.KeepSplit ? source.Files.Count : 1;

        // A matrix that was measured on the whole model knows blocks by their old numbers.
        ReadOnlyMemory<float> Importance(GgufSetTensor tensor, GgmlType type) => quantization.ImportanceOf(new RecipeTensor(tensor.Name, tensor.Tensor.Shape, tensor.Tensor.Type), type);
        return [.. Enumerable.Range(0, count).Select(i => PlanFile(
            GgufSplitting.Metadata(metadata, i, count, tensors.Length),
            [.. planned[i].Select(t => (t.Name, t.Type, t.Tensor.Open(), Importance(t.Tensor, t.Type)))],
            options.Activity))];
    }

    /// <summary>Plans a file of tensors that are stored already.</summary>
    internal static ExportPlan PlanFile(
        IReadOnlyList<KeyValuePair<string, GgufValue>> metadata, IReadOnlyList<(string Name, GgmlType Type, StoredRows Rows, ReadOnlyMemory<float> Importance)> tensors, string activity)
    {
        (GgufHeader header, byte[] bytes, long fileBytes) = GgufHeader.Build(metadata, [.. tensors.Select(t => (t.Name, t.Type, Trimmed(t.Rows.Shape)))]);
        return new ExportPlan(
            activity,
            bytes,
            [.. tensors.Zip(header.Tensors, (t, place) => new PlannedTensor(t.Name, t.Type, place.Offset, place.ByteSize, t.Rows) { Importance = t.Importance })],
            fileBytes)
        {
            Alignment = header.Alignment,
        };
    }

    // ggml does not write outer dimensions of 1.
    private static Shape Trimmed(Shape shape) => shape.Count > 1 && shape[0] == 1 ? new([.. shape.Take(shape.Count - 1).SkipWhile(d => d == 1), shape.RowLength]) : shape;

    private static List<KeyValuePair<string, GgufValue>> Metadata(GgufSet source, QuantizationOptions quantization, GgufRequantizationOptions options)
    {
        List<KeyValuePair<string, GgufValue>> metadata = [.. source.Metadata.Where(m => !GgufSplit.Keys.Contains(m.Key))];
        metadata.Set("general.quantization_version", GgufExport.QuantizationVersion);
        metadata.Set("general.file_type", quantization.Recipe.IsCopy ? FileType(source) : new GgufValue(quantization.Recipe.FileType));
        foreach ((string key, object value) in options.Metadata)
            metadata.Set(key, MetadataEdits.Value(key, value, metadata.FirstOrDefault(m => m.Key == key).Value));
        foreach ((string key, GgufValue value) in quantization.Importance?.Origin is { } origin ? ImportanceMetadata.Of(origin) : [])
            metadata.Set(key, value);
        return metadata;
    }

    // What the file says, else what most of its tensors are.
    private static GgufValue FileType(GgufSet source)
    {
        if (source.Find("general.file_type") is { } stated)
            return stated;
        GgmlType most = source.Tensors.GroupBy(t => t.Tensor.Type).MaxBy(g => g.Count())?.Key ?? GgmlType.F32;
        return new(Guessed + (BlockFormats.All.Any(f => f.Type == most) ? Recipes.Get(most.ToString()).FileType : 0));
    }

    private static RecipeModel Model(GgufSet source, QuantizationOptions quantization)
    {
        string family = source.Find("general.architecture")?.Value as string
            ?? throw new HafsException(ErrorKind.InvalidData, "GgufArchitecture", $"{source.Path}: general.architecture is missing, so this is no model that can be quantized", source.Path);
        int heads = First(source, $"{family}.attention.head_count") ?? 0, keyHeads = First(source, $"{family}.attention.head_count_kv") ?? heads;
        return new RecipeModel(First(source, $"{family}.block_count") ?? 0, heads, keyHeads, TiedEmbeddings: source.FindTensor("output.weight") is null)
        {
            Family = family,
            ExpertCount = First(source, $"{family}.expert_count") ?? 0,
            HasImportance = quantization.Importance is not null,
        };
    }

    // Some models have a number for each block; the first speaks for the model, as in llama-quantize.
    private static int? First(GgufSet source, string key)
    {
        GgufValue? value = source.Find(key);
        if (value?.Value is Array { Length: > 0 } array)
            value = new GgufValue(array.GetValue(0)!);
        return value?.AsInteger() is >= 0 and <= int.MaxValue and var number ? (int)number : null;
    }

    private static void RequireConvertible(GgufSetTensor tensor, GgmlType type, bool allowRequantize)
    {
        GgmlType stored = tensor.Tensor.Type;
        if (stored == type)
            return;
        BlockFormats.Get(stored);
        if (stored is not (GgmlType.F32 or GgmlType.F16 or GgmlType.BF16) && !allowRequantize)
        {
            throw new HafsException(
                ErrorKind.InvalidArgument,
                "RequantizeNotAllowed",
                $"{tensor.File.Path}: {tensor.Name} is {stored} already; making {type} of it would lose bits a second time",
                tensor.Name,
                "Quantize from an F32, F16 or BF16 file, or allow requantizing: -AllowRequantize (--allow-requantize).");
        }
    }
}
