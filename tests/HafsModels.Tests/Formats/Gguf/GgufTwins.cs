using HafsModels.Formats.Gguf;
using Xunit;

namespace HafsModels.Tests.Formats.Gguf;

/// <summary>Compares two GGUF files.</summary>
internal static class GgufTwins
{
    /// <summary>Demands the same tensors, whatever their order, with the same types and bytes.</summary>
    public static void AssertSameTensors(GgufFile expected, GgufFile actual)
    {
        Assert.Equal(expected.Tensors.Select(t => t.Name).Order(), actual.Tensors.Select(t => t.Name).Order());
        foreach (GgufTensor tensor in expected.Tensors)
        {
            GgufTensor same = actual.FindTensor(tensor.Name)!;
            Assert.Equal((tensor.Name, tensor.Type, tensor.ByteSize), (same.Name, same.Type, same.ByteSize));
            Assert.True(Bytes(expected, tensor).AsSpan().SequenceEqual(Bytes(actual, same)), $"{tensor.Name} ({tensor.Type}) differs");
        }
    }

    /// <summary>Stored bytes of a tensor.</summary>
    public static byte[] Bytes(GgufFile file, GgufTensor tensor)
    {
        byte[] bytes = new byte[tensor.ByteSize];
        file.ReadBytes(tensor, 0, bytes);
        return bytes;
    }
}
