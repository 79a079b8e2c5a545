using HafsModels.Conversion;

namespace HafsModels.Exports;

/// <summary>A file of an export before it is written.</summary>
/// <param name="Name">Path within the export, with <c>/</c> between folders.</param>
/// <param name="SizeBytes">Its size.</param>
internal abstract record ExportFile(string Name, long SizeBytes)
{
    /// <summary>Weights that are filled in.</summary>
    /// <param name="Name">Path within the export.</param>
    /// <param name="Plan">What goes where.</param>
    /// <param name="Quantization">Name of the recipe of a GGUF file; files with one are filled together, in one pass over the source. Empty for others.</param>
    public sealed record Weights(string Name, ExportPlan Plan, string Quantization = "") : ExportFile(Name, Plan.FileBytes)
    {
        /// <summary>Type of an ONNX graph; empty for others.</summary>
        public string DataType { get; init; } = "";
    }


    /// <summary>A file that is copied.</summary>
    public sealed record Copied(string Name, string Source) : ExportFile(Name, SourceFile.Of(Source).Length);

    /// <summary>A small file that was made already.</summary>
    public sealed record Made(string Name, byte[] Bytes) : ExportFile(Name, Bytes.Length)
    {
        public Made(string name, string text)
            : this(name, System.Text.Encoding.UTF8.GetBytes(text))
        {
        }
    }
}
