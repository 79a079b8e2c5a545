using System.Runtime.InteropServices;
using HafsModels.Formats.Gguf;
using HafsModels.Quantization;
using HafsModels.Tensors;

namespace HafsModels.Formats.ImportanceMatrices;

/// <summary>The GGUF form: for each tensor of the model one of sums and one of counts.</summary>
internal static class GgufImportance
{
    public const string DatasetsKey = "imatrix.datasets", ChunkCountKey = "imatrix.chunk_count", ChunkSizeKey = "imatrix.chunk_size";

    public static ImportanceMatrix Read(string path)
    {
        using GgufFile file = GgufFile.Open(path);
        if (file.Find(DatasetsKey)?.Value is not string[] datasets || file.Find(ChunkCountKey)?.AsInteger() is not long chunks || file.Find(ChunkSizeKey)?.AsInteger() is null)
        {
            string kind = file.Find("general.architecture")?.Value is string architecture ? $"is a {architecture} model" : "lacks its keys";
            throw ImportanceMatrixFile.Invalid("NotAnImportanceMatrix", path, $"the file {kind}; an importance matrix has {DatasetsKey}, {ChunkCountKey} and {ChunkSizeKey}");
        }

        if (chunks is < 0 or > int.MaxValue)
            throw ImportanceMatrixFile.Invalid("ImportanceChunks", path, $"{ChunkCountKey} is {chunks:N0}; 0 to {int.MaxValue:N0} are allowed");
        var columns = new Dictionary<string, ReadOnlyMemory<float>>(StringComparer.Ordinal);
        foreach (GgufTensor tensor in file.Tensors)
        {
            if (NameIn(tensor.Name, ActivationSums.SquaresSuffix) is { } name)
                columns.Add(name, Sums(file, name).Weights());
            else if (NameIn(tensor.Name, ActivationSums.CountsSuffix) is { } counted && file.FindTensor(counted + ActivationSums.SquaresSuffix) is null)
                throw ImportanceMatrixFile.Invalid("ImportancePair", path, $"{counted} has counts but no sums ({ActivationSums.SquaresSuffix})");
        }

        if (columns.Count == 0)
            throw ImportanceMatrixFile.Invalid("ImportanceEmpty", path, "the file has no entries");
        return new ImportanceMatrix(columns) { Origin = new(Path.GetFileName(path), "", datasets.FirstOrDefault(), (int)chunks, columns.Count) };
    }

    private static string? NameIn(string tensor, string suffix) =>
        tensor.Length > suffix.Length && tensor.EndsWith(suffix, StringComparison.Ordinal) ? tensor[..^suffix.Length] : null;

    private static ActivationSums Sums(GgufFile file, string name)
    {
        float[] squares = Numbers(file, name + ActivationSums.SquaresSuffix), counts = Numbers(file, name + ActivationSums.CountsSuffix);
        return squares.Length % counts.Length == 0 ? new ActivationSums(squares, counts) : throw ImportanceMatrixFile.Invalid(
            "ImportanceEntry", file.Path, $"{name} has {squares.Length:N0} sums, which are not a whole number of rows for {counts.Length:N0} counts");
    }

    private static float[] Numbers(GgufFile file, string name)
    {
        if (file.FindTensor(name) is not { } tensor)
            throw ImportanceMatrixFile.Invalid("ImportancePair", file.Path, $"there is no {name}; sums and counts come in pairs");
        if (tensor.Type != GgmlType.F32 || tensor.Shape.ElementCount > Array.MaxLength)
            throw ImportanceMatrixFile.Invalid("ImportanceEntry", file.Path, $"{name} is {tensor.Type} {tensor.Shape}; F32 and at most {Array.MaxLength:N0} numbers are allowed");
        var numbers = new float[tensor.Shape.ElementCount];
        for (long start = 0; start < numbers.Length; start += 1 << 28)
            file.ReadBytes(tensor, start * sizeof(float), MemoryMarshal.AsBytes(numbers.AsSpan((int)start, (int)Math.Min(1 << 28, numbers.Length - start))));
        ImportanceMatrixFile.RequireMagnitudes(numbers, name, file.Path);
        return numbers;
    }
}
