using HafsModels.Architectures;
using HafsModels.Formats.Gguf;

namespace HafsModels.Inference;

/// <summary>Finds out what a path holds and opens it for the decoder.</summary>
internal static class DecoderSources
{
    /// <summary>Opens a GGUF file, or the folder of a Hugging Face checkpoint, with or without an adapter; of a model with towers for pictures or sound, the text part.</summary>
    /// <exception cref="HafsException">There is nothing that can be decoded.</exception>
    public static DecoderWeights Open(ModelSource source) => Directory.Exists(source.Path)
        ? Open(ModelFolder.Open(source with { TextOnly = true }), folder => new CheckpointWeights(folder))
        : source.AdapterPath is null ? Open(GgufSet.Open(source.Path), file => new GgufWeights(file))
        : throw new HafsException(ErrorKind.Unsupported, "AdapterOnGguf", $"{source.Path}: an adapter is merged into a checkpoint folder, not into a GGUF file", source.Path);

    private static DecoderWeights Open<T>(T files, Func<T, DecoderWeights> open)
        where T : IDisposable
    {
        try
        {
            return open(files);
        }
        catch
        {
            files.Dispose();
            throw;
        }
    }
}
