using HafsModels.Architectures;
using HafsModels.Formats.Gguf;
using HafsModels.Formats.Peft;
using HafsModels.Quantization;
using HafsModels.Tensors;

namespace HafsModels.Conversion;

/// <summary>
/// Plans a GGUF file of an adapter, as llama.cpp loads it beside a base model. llama.cpp multiplies every product B·A by alpha over rank with one
/// alpha for the file, so modules with a scale of their own have it in their B.
/// </summary>
internal static class GgufAdapterExport
{
    private const uint QuantizationVersion = 2;

    // Transforms that reorder whole rows: what they do to W they do to B, and A stays.
    private static readonly string[] RowOrders = ["interleave-query-heads", "interleave-key-heads"];

    /// <summary>Plans the file.</summary>
    /// <param name="folder">The base model, opened with the adapter.</param>
    /// <param name="name">Value of <c>general.name</c>.</param>
    /// <param name="dataType">One of <see cref="AdapterConvertRequest.DataTypes"/>.</param>
    /// <exception cref="HafsException">The adapter changes what such a file cannot hold, or the type is not one of those.</exception>
    public static ExportPlan Plan(ModelFolder folder, string name, string dataType)
    {
        var merged = (MergedCheckpoint)folder.Checkpoint;
        Recipe recipe = AdapterConvertRequest.DataTypes.Contains(dataType, StringComparer.OrdinalIgnoreCase)
            ? Recipes.Get(dataType)
            : throw new HafsException(ErrorKind.InvalidArgument, "AdapterDataType", $"the factors of an adapter are stored as {string.Join(", ", AdapterConvertRequest.DataTypes)}, not as {dataType}", dataType);
        if (merged.Replaced.FirstOrDefault() is { } whole)
            throw Unsupported(merged, $"it brings {whole} whole, and a GGUF adapter holds factors alone");
        if (merged.IsUntied)
            throw Unsupported(merged, "it changes embedding or head alone, which are one tensor in the base model's GGUF file");

        float alpha = (float)merged.AdapterConfig.Alpha;
        GgmlType wanted = BlockFormats.Parse(recipe.Name);
        ILookup<string, ModelTensor> bySource = folder.Tensors.SelectMany(t => t.Sources.Select(s => (Source: s, Tensor: t))).ToLookup(p => p.Source, p => p.Tensor, StringComparer.Ordinal);
        var matrices = new RecentMatrices(4);
        var tensors = new List<(string Name, GgmlType Type, TensorRows Rows)>();
        foreach ((string source, PeftFactors factors, bool isTransposed) in merged.Additions)
        {
            if (bySource[source].ToArray() is not [{ Sources.Count: 1 } tensor])
                throw Unsupported(merged, $"{source} is no tensor of its own in the base model's GGUF file");
            if (!factors.IsEmbedding && isTransposed != tensor.SourceTransforms.Contains("transpose"))
                throw Unsupported(merged, $"{source} is stored [in, out] in one of checkpoint and GGUF file, and [out, in] in the other");
            float factor = alpha == 0 ? factors.Scale : (float)((double)factors.Scale * factors.Rank / alpha);
            TensorRows b = factor == 1 ? factors.B : new ScaledRows(factors.B, factor);

            // The embedding is looked up, not multiplied: its A is stored by tokens.
            TensorRows a = factors.IsEmbedding ? new HeldTransposedRows(factors.A, matrices) : factors.A;
            Add(tensor.Role + ".lora_a", a);
            Add(tensor.Role + ".lora_b", Ordered(merged, tensor, b, folder.Decoder));
        }

        (GgufHeader header, byte[] bytes, long fileBytes) = GgufHeader.Build(
            [
                new("general.architecture", new(folder.Family.Name)),
                new("general.type", new("adapter")),
                new("adapter.type", new("lora")),
                new("general.name", new(name)),
                new("general.base_model.count", new(1u)),
                new("general.base_model.0.name", new(Path.GetFileName(merged.AdapterConfig.BaseModel is { Length: > 0 } stated ? stated : folder.Path))),
                new("general.file_type", new(recipe.FileType)),
                new("adapter.lora.alpha", new(alpha)),
                new("general.quantization_version", new(QuantizationVersion)),
            ],
            [.. tensors.Select(t => (t.Name, t.Type, t.Rows.Shape))]);
        return new ExportPlan(
            $"Converting adapter {name} to {recipe.Name}",
            bytes,
            [.. tensors.Select((t, i) => new PlannedTensor(t.Name, t.Type, header.Tensors[i].Offset, header.Tensors[i].ByteSize, t.Rows))],
            fileBytes);

        // Ranks are often smaller than a block; the reference converter stores such rows as F16.
        void Add(string tensorName, TensorRows rows) => tensors.Add((tensorName, rows.RowLength % GgmlTypes.BlockOf(wanted)!.Value.Elements == 0 ? wanted : GgmlType.F16, rows));
    }

    // Where the checkpoint stores [in, out], PEFT stores A and B as for [out, in] all the same.
    private static TensorRows Ordered(MergedCheckpoint merged, ModelTensor tensor, TensorRows b, DecoderConfig decoder)
    {
        string[] orders = [.. tensor.SourceTransforms.Where(t => t != "transpose"), .. tensor.Transform is null ? [] : new[] { tensor.Transform }];
        return orders.FirstOrDefault(t => !RowOrders.Contains(t)) is { } other
            ? throw Unsupported(merged, $"{tensor.Role} is made of the base model's tensor by {other}, which factors cannot follow")
            : orders.Aggregate(b, (rows, name) => RowTransforms.All[name].Apply(rows, rows.Shape, decoder));
    }

    private static HafsException Unsupported(MergedCheckpoint merged, string why) => new(
        ErrorKind.Unsupported, "AdapterNotAsGguf", $"{merged.AdapterPath}: cannot be a GGUF adapter: {why}", merged.AdapterPath, "Merge it into the base model: ConvertTo-Gguf BASE -MergeAdapter ADAPTER (hafs: --merge-adapter).");
}
