using HafsModels.Architectures;
using HafsModels.Formats.Gguf;

namespace HafsModels.Inference;

/// <summary>Finds out what a path holds and opens it for the decoder.</summary>
internal static class DecoderSources
{
    /// <summary>Opens a GGUF file, or the folder of a Hugging Face checkpoint; of a model with towers for pictures or sound, the text part.</summary>
    /// <exception cref="HafsException">There is nothing that can be decoded.</exception>
    public static DecoderWeights Open(string path) => Directory.Exists(path)
        ? Open(ModelFolder.Open(path, textOnly: true), folder => new CheckpointWeights(folder))
        : Open(GgufFile.Open(path), file => new GgufWeights(file));

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
