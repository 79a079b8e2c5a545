using HafsModels.Quantization;
using HafsModels.Tensors;
using HafsModels.Tests.Quantization;

namespace HafsModels.Benchmarks;

/// <summary>Options of the form <c>--name value</c>, and switches.</summary>
internal sealed class Arguments(string[] arguments)
{
    public string? this[string name] => Array.IndexOf(arguments, name) is >= 0 and int i && i + 1 < arguments.Length ? arguments[i + 1] : null;

    public bool Has(string name) => arguments.Contains(name);

    public int Number(string name, int otherwise) => this[name] is string text ? int.Parse(text, System.Globalization.CultureInfo.InvariantCulture) : otherwise;

    /// <summary>The numbers of threads to measure with, <c>--threads 1,2</c>; one if not said.</summary>
    public IEnumerable<int> Threads() => (this["--threads"] ?? "1").Split(',').Select(n => int.Parse(n, System.Globalization.CultureInfo.InvariantCulture));

    /// <summary>The formats named by <c>--types</c>, or all.</summary>
    public IEnumerable<BlockFormat> Formats()
        => this["--types"] is string names ? names.Split(',').Select(n => BlockFormats.Get(Enum.Parse<GgmlType>(n, ignoreCase: true))) : BlockFormats.All;

    /// <summary>The real library, which <c>HAFS_GGML</c> names.</summary>
    public static Ggml Peer()
        => new(Environment.GetEnvironmentVariable("HAFS_GGML") ?? throw new InvalidOperationException("HAFS_GGML must name libggml-base.so"));
}
