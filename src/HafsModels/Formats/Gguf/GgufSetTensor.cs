using HafsModels.Tensors;

namespace HafsModels.Formats.Gguf;

/// <summary>A tensor of a model that may lie in several files.</summary>
/// <param name="FileNumber">Number of its file, from 0.</param>
/// <param name="File">Its file.</param>
/// <param name="Tensor">What the file says about it.</param>
public sealed record GgufSetTensor(int FileNumber, GgufFile File, GgufTensor Tensor)
{
    /// <summary>Its name.</summary>
    public string Name => Tensor.Name;

    /// <summary>Opens it for reading by rows, also as they are stored.</summary>
    /// <exception cref="HafsException">Its type is not known.</exception>
    public StoredRows Open() => File.OpenStored(Name);
}
