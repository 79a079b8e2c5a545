using System.Text.RegularExpressions;
using HafsModels.Tensors;

namespace HafsModels.Formats.Peft;

/// <summary>
/// A base checkpoint with an adapter merged in: the same tensors, read through the adapter. Merged numbers are floats; what the adapter does
/// not touch keeps its type. Nothing is computed before rows are read.
/// </summary>
internal sealed partial class MergedCheckpoint : Checkpoint
{
    // Workers fill tensors in order, so at any time only a few are being merged.
    private const int HeldMatrices = 16;

    private readonly Checkpoint @base;
    private readonly PeftAdapter adapter;
    private readonly Dictionary<string, (TensorInfo Tensor, TensorRows Rows)> changed = new(StringComparer.Ordinal);
    private readonly Dictionary<string, TensorInfo> baseTensors;
    private readonly HashSet<string> factored = new(StringComparer.Ordinal);
    private readonly RecentMatrices matrices = new(HeldMatrices);
    private readonly List<(string Name, PeftFactors Factors, bool IsTransposed)> additions = [];

    /// <summary>Merges; takes over both, which are closed with this.</summary>
    /// <param name="base">The base model's weights.</param>
    /// <param name="basePath">Its folder, for messages.</param>
    /// <param name="adapter">The adapter.</param>
    /// <param name="tying">Which tensors are embedding and head, and whether they are one.</param>
    /// <exception cref="HafsException">A tensor of the adapter has no place in the base model, or does not fit there.</exception>
    public MergedCheckpoint(Checkpoint @base, string basePath, PeftAdapter adapter, EmbeddingTying tying)
    {
        this.@base = @base;
        this.adapter = adapter;
        BasePath = basePath;
        baseTensors = @base.Tensors.ToDictionary(t => t.Name, StringComparer.Ordinal);
        string? embedding = FindInBase(tying.Embedding), head = FindInBase(tying.Head);
        bool isTied = tying.IsTied && embedding is not null && head is null;

        foreach ((string name, TensorInfo tensor, TensorRows rows) in adapter.Replacements)
        {
            bool isHead = isTied && Same(name, tying.Head);
            string target = isHead ? tying.Head : FindInBase(name) ?? throw Unknown(tensor.Name, name);
            Replace(target, isHead ? embedding! : target, tensor, rows, isResizable: target == embedding || target == head || isHead);
        }

        foreach (PeftFactors factors in adapter.Factors)
        {
            string name = factors.Module + ".weight";
            bool isHead = isTied && Same(name, tying.Head);
            string target = isHead ? tying.Head : FindInBase(name) ?? throw Unknown(factors.Module, name);
            Add(target, isHead ? embedding! : target, factors);
        }

        RequireComplete();
        IsUntied = isTied && Untie(embedding!, tying.Head);
        Tensors = [.. @base.Tensors.Select(t => changed.TryGetValue(t.Name, out (TensorInfo Tensor, TensorRows Rows) merged) ? merged.Tensor : t), .. changed.Values.Select(c => c.Tensor).Where(t => !baseTensors.ContainsKey(t.Name))];
        VocabularySize = embedding is not null && changed.TryGetValue(embedding, out (TensorInfo Tensor, TensorRows Rows) resized) && !resized.Tensor.Shape.Equals(baseTensors[embedding].Shape) ? resized.Tensor.Shape[0] : null;
    }

    /// <inheritdoc/>
    public override IReadOnlyList<TensorInfo> Tensors { get; }

    /// <inheritdoc/>
    public override IReadOnlyList<string> Files => [.. @base.Files, .. adapter.Files];

    /// <summary>Folder of the base model.</summary>
    public string BasePath { get; }

    /// <summary>Folder of the adapter.</summary>
    public string AdapterPath => adapter.Path;

    /// <summary>Settings of the adapter.</summary>
    public PeftConfig AdapterConfig => adapter.Config;

    /// <summary>What the adapter adds, by the name of the base model's tensor.</summary>
    public IReadOnlyList<(string Name, PeftFactors Factors, bool IsTransposed)> Additions => additions;

    /// <summary>Names of the tensors that the adapter replaces.</summary>
    public IEnumerable<string> Replaced => changed.Keys.Where(name => !factored.Contains(name));

    /// <summary>Whether embedding and head, one tensor in the base model, are two after the merge.</summary>
    public bool IsUntied { get; }

    /// <summary>Rows of the embedding when the adapter resized it; null when it did not.</summary>
    public long? VocabularySize { get; }

    /// <summary>Type in which the base model stores a tensor, or would store one that it lacks.</summary>
    public ElementType StoredType(string name) => baseTensors.TryGetValue(name, out TensorInfo? tensor) ? tensor.Type : @base.Tensors[0].Type;

    /// <inheritdoc/>
    public override TensorRows Open(string name) => changed.TryGetValue(name, out (TensorInfo Tensor, TensorRows Rows) merged) ? merged.Rows : @base.Open(name);

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        @base.Dispose();
        adapter.Dispose();
    }

    private void Replace(string target, string template, TensorInfo tensor, TensorRows rows, bool isResizable)
    {
        Shape expected = baseTensors[template].Shape;
        bool fits = expected.Equals(tensor.Shape) || (isResizable && expected.Count == 2 && tensor.Shape.Count == 2 && tensor.Shape[1] == expected[1] && tensor.Shape[0] > 0);
        if (!fits)
            throw Misfit(tensor.Name, tensor.Shape, target, expected);
        if (!changed.TryAdd(target, (tensor with { Name = target }, rows)))
            throw new HafsException(ErrorKind.InvalidData, "AdapterTensorTwice", $"{adapter.Path}: {tensor.Name} replaces {target}, which another tensor replaces already", adapter.Path);
    }

    private void Add(string target, string template, PeftFactors factors)
    {
        (TensorInfo tensor, TensorRows rows) = changed.TryGetValue(target, out (TensorInfo Tensor, TensorRows Rows) replaced) ? replaced : (baseTensors[template], @base.Open(template));
        Shape product = new(factors.B.Shape[0], factors.A.Shape[1]), turned = new(product[1], product[0]);
        bool isTransposed = factors.IsEmbedding || (adapter.Config.FanInFanOut && turned.Equals(tensor.Shape));
        if (!(isTransposed ? turned : product).Equals(tensor.Shape))
            throw Misfit($"{factors.Module}: B {factors.B.Shape} times A {factors.A.Shape}", isTransposed ? turned : product, target, tensor.Shape);
        if (!factored.Add(target))
            throw new HafsException(ErrorKind.InvalidData, "AdapterTensorTwice", $"{adapter.Path}: {factors.Module} is added to {target}, to which another module's factors are added already", adapter.Path);
        additions.Add((target, factors, isTransposed));
        changed[target] = (tensor with { Name = target, Type = ElementType.F32 }, new LowRankRows(rows, factors.A, factors.B, isTransposed, factors.Scale, matrices));
    }

    // A tied model has one tensor for both. What was trained on one of them alone makes them two; a head saved beside the embedding, as PEFT does
    // after a resize, is usually the same once more.
    private bool Untie(string embedding, string head)
    {
        bool hasHead = changed.TryGetValue(head, out (TensorInfo Tensor, TensorRows Rows) headTensor), hasEmbedding = changed.TryGetValue(embedding, out (TensorInfo Tensor, TensorRows Rows) embeddingTensor);
        if (hasHead)
        {
            TensorRows other = hasEmbedding ? embeddingTensor.Rows : @base.Open(embedding);
            if (!SameNumbers(headTensor.Rows, other))
                return true;
            changed.Remove(head);
            return false;
        }

        bool isTrainedAlone = hasEmbedding && !adapter.Config.EnsuresTying
            && embeddingTensor.Tensor.Shape.Equals(baseTensors[embedding].Shape)
            && (factored.Contains(embedding) || adapter.Config.ModulesToSave.Any(m => Same(embedding, m + ".weight")));
        if (!isTrainedAlone)
            return false;
        changed[head] = (baseTensors[embedding] with { Name = head }, @base.Open(embedding));
        return true;
    }

    private static bool SameNumbers(TensorRows a, TensorRows b)
    {
        if (!a.Shape.Equals(b.Shape))
            return false;
        int rows = (int)Math.Clamp((1 << 18) / a.RowLength, 1, a.RowCount);
        float[] first = new float[rows * a.RowLength], second = new float[first.Length];
        for (long row = 0; row < a.RowCount; row += rows)
        {
            int length = (int)Math.Min(rows, a.RowCount - row) * a.RowLength;
            a.Read(row, first.AsSpan(0, length));
            b.Read(row, second.AsSpan(0, length));
            if (!first.AsSpan(0, length).SequenceEqual(second.AsSpan(0, length)))
                return false;
        }

        return true;
    }

    // A file that lost tensors would merge into a half-trained model: where one layer's module has factors, its siblings need them too.
    private void RequireComplete()
    {
        if (adapter.Config.Targets.IsPartial || !adapter.Config.Targets.IsStated)
            return;
        HashSet<string> groups = [.. additions.Where(a => !a.Factors.IsEmbedding).Select(a => Digits().Replace(a.Name, "#"))];
        string? lacking = @base.Tensors.Select(t => t.Name).FirstOrDefault(name =>
            name.EndsWith(".weight", StringComparison.Ordinal) && !factored.Contains(name) && groups.Contains(Digits().Replace(name, "#")) && adapter.Config.Targets.Include(name[..^".weight".Length]));
        if (lacking is not null)
        {
            throw new HafsException(
                ErrorKind.InvalidData, "AdapterIncomplete", $"{adapter.Path}: {lacking} is one of target_modules, but the adapter has no factors for it, though it has for other layers", adapter.Path, "The adapter's file is incomplete.");
        }
    }

    // The checkpoint may be saved with another wrapper class: then the first part of a name is missing or added.
    private string? FindInBase(string name)
    {
        if (baseTensors.ContainsKey(name))
            return name;
        string[] longer = [.. baseTensors.Keys.Where(k => k.EndsWith("." + name, StringComparison.Ordinal) && k.IndexOf('.', StringComparison.Ordinal) == k.Length - name.Length - 1).Take(2)];
        if (longer.Length == 1)
            return longer[0];
        string shorter = name[(name.IndexOf('.', StringComparison.Ordinal) + 1)..];
        return longer.Length == 0 && shorter.Contains('.', StringComparison.Ordinal) && baseTensors.ContainsKey(shorter) ? shorter : null;
    }

    private static bool Same(string name, string other) => name == other || name.EndsWith("." + other, StringComparison.Ordinal) || other.EndsWith("." + name, StringComparison.Ordinal);

    private HafsException Unknown(string what, string name) => new(
        ErrorKind.InvalidData, "AdapterTensorUnused", $"{adapter.Path}: {what} belongs to {name}, which the model in {BasePath} does not have", adapter.Path, WrongBase());

    private HafsException Misfit(string what, Shape found, string target, Shape expected) => new(
        ErrorKind.InvalidData, "AdapterShape", $"{adapter.Path}: {what} has shape {found}, but {target} in {BasePath} is {expected}", adapter.Path, WrongBase());

    private string WrongBase() => adapter.Config.BaseModel is { } name ? $"The adapter was trained on {name}; is that the model in {BasePath}?" : "Is this the model that the adapter was trained on?";

    [GeneratedRegex(@"(?<=\.)\d+(?=\.)", RegexOptions.CultureInvariant)]
    private static partial Regex Digits();
}
