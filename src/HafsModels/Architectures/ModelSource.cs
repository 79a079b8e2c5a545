namespace HafsModels.Architectures;

/// <summary>What a model is read from.</summary>
/// <param name="Path">A GGUF file, or the folder of a Hugging Face checkpoint.</param>
/// <param name="AdapterPath">Folder of an adapter that is merged into it while it is read, or null.</param>
public sealed record ModelSource(string Path, string? AdapterPath = null)
{
    /// <summary>Whether towers for pictures and sound are left out instead of refused.</summary>
    public bool TextOnly { get; init; }

    // Files that make up a tokenizer; one folder's are taken together, for ids of one do not fit another's.
    private static readonly string[] TokenizerFiles = ["tokenizer.json", "tokenizer.model"];

    /// <summary>Folder whose tokenizer is meant: the adapter's, when one was saved with it, else the model's.</summary>
    public string TokenizerPath => AdapterPath is not null && TokenizerFiles.Any(f => File.Exists(System.IO.Path.Combine(AdapterPath, f))) ? AdapterPath : Path;
}
