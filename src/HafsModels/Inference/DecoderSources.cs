using HafsModels.Formats.Gguf;

namespace HafsModels.Inference;

/// <summary>Finds out what a path holds and opens it for the decoder.</summary>
internal static class DecoderSources
{
    /// <summary>Opens a GGUF file.</summary>
    /// <exception cref="HafsException">There is nothing that can be decoded.</exception>
    public static DecoderWeights Open(string path)
    {
        GgufFile file = GgufFile.Open(path);
        try
        {
            return new GgufWeights(file);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }
}
