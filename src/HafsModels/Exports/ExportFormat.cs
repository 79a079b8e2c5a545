using HafsModels.Exports.Verification;

namespace HafsModels.Exports;

/// <summary>A kind of folder that other programs load: what belongs into it, and what must hold of it.</summary>
public abstract class ExportFormat
{
    /// <summary>Its name, such as <c>Ollama</c>.</summary>
    public abstract string Name { get; }

    /// <summary>What it is for, in a line.</summary>
    public abstract string About { get; }

    /// <summary>Name of the folder of an export.</summary>
    public string FolderName => Name.ToLowerInvariant();

    /// <summary>Files that an export must have.</summary>
    public abstract IReadOnlyList<RequiredFile> Required { get; }

    /// <summary>How the registry calls the format of the weights.</summary>
    internal abstract string WeightFormat { get; }

    /// <summary>What must hold of an export beside that its files are there, in the order in which it is looked at.</summary>
    internal abstract IReadOnlyList<ExportRule> Rules { get; }

    /// <summary>The files of an export, in the order in which they are written; reads headers only.</summary>
    /// <param name="source">The open model.</param>
    /// <param name="request">What is asked for.</param>
    /// <param name="warnings">Takes what the user should know.</param>
    internal abstract IReadOnlyList<ExportFile> Files(ExportSource source, ExportRequest request, List<string> warnings);
}
