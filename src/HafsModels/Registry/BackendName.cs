namespace HafsModels.Registry;

/// <summary>Backends under the names of hafs (<c>ollama</c>, <c>llama.cpp</c>, <c>halext-node</c>…) and under ours (<c>Ollama</c>, <c>LlamaCpp</c>, <c>Halext</c>…).</summary>
internal static class BackendName
{
    private static readonly (string Ours, string Hafs)[] Names =
    [
        ("Ollama", "ollama"), ("LlamaCpp", "llama.cpp"), ("Halext", "halext-node"), ("Vllm", "vllm"), ("Transformers", "transformers"), ("Embedded", "embedded"), ("OpenAI", "openai"),
    ];

    /// <summary>The name hafs has for a backend; an unknown one in lower case.</summary>
    public static string ToHafs(string backend)
    {
        foreach ((string ours, string hafs) in Names)
            if (Letters(ours) == Letters(backend) || Letters(hafs) == Letters(backend))
                return hafs;
        return backend.ToLowerInvariant();
    }

    /// <summary>Whether two names, whoever uses them, mean the same backend.</summary>
    public static bool Same(string a, string b) => ToHafs(a) == ToHafs(b);

    private static string Letters(string name) => string.Concat(name.Where(char.IsLetterOrDigit)).ToLowerInvariant();
}
